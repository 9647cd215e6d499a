import { bareDialect, ownServer, roomPath, type Peer } from './peer.ts'

/** Bare uWebSockets.js: each message is published to one topic as it arrives, unparsed. */
export const uws: Peer = {
  name: 'uws',
  title: 'bare uWebSockets.js',
  packages: ['uWebSockets.js'],
  server: () => ownServer('uws'),
  dialect: bareDialect(roomPath),
}

export const uwsEcho: Peer = { ...uws, name: 'uws-echo', title: 'bare uWS echo', dialect: bareDialect(() => '/echo') }
