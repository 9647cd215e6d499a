import { bareDialect, ownServer, roomPath, type Peer } from './peer.ts'

/** `ws`: each message is sent in a loop over the clients, unparsed. */
export const ws: Peer = {
  name: 'ws',
  title: 'ws',
  packages: ['ws'],
  server: () => ownServer('ws'),
  dialect: bareDialect(roomPath),
}

export const wsEcho: Peer = { ...ws, name: 'ws-echo', title: 'ws echo', dialect: bareDialect(() => '/echo') }
