import { nothingToSay, ownServer, type Peer } from './peer.ts'

/** Bare uWebSockets.js: each message is published to one topic as it arrives, unparsed. */
export const uws: Peer = {
  name: 'uws',
  title: 'bare uWebSockets.js',
  packages: ['uWebSockets.js'],
  server: () => ownServer('uws'),
  path: '/',
  subprotocol: undefined,
  ready: undefined,
  request: (message) => message,
  answer: nothingToSay,
}
