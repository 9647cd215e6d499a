import { bareDialect, ownServer, roomPath, type Peer } from './peer.ts'

/** `ws`: sends each message in a loop over all clients, without parsing it. */
export const ws: Peer = {
  name: 'ws',
  title: 'ws',
  packages: ['ws'],
  server: () => ownServer('ws'),
  dialect: bareDialect(roomPath),
}

export const wsEcho: Peer = { ...ws, name: 'ws-echo', title: 'ws echo', dialect: bareDialect(() => '/echo') }
