import { bareDialect, ownServer, roomPath, type Peer } from './peer.ts'

/** Plain uWebSockets.js: publishes each message to one topic as it arrives, without parsing it. */
export const uws: Peer = {
  name: 'uws',
  title: 'bare uWebSockets.js',
  packages: ['uWebSockets.js'],
  server: () => ownServer('uws'),
  dialect: bareDialect(roomPath),
}

export const uwsEcho: Peer = { ...uws, name: 'uws-echo', title: 'bare uWS echo', dialect: bareDialect(() => '/echo') }
