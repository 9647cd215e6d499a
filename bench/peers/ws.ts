import { nothingToSay, ownServer, type Peer } from './peer.ts'

/** `ws`: each message is sent in a loop over the clients, unparsed. */
export const ws: Peer = {
  name: 'ws',
  title: 'ws',
  packages: ['ws'],
  server: () => ownServer('ws'),
  path: '/',
  subprotocol: undefined,
  ready: undefined,
  request: (message) => message,
  answer: nothingToSay,
}
