import { ownServer, type Peer } from './peer.ts'

/** Socket.IO on its own engine, over its WebSocket transport; engine.io packets are spoken by hand. */
export const socketIo: Peer = {
  name: 'socket-io',
  title: 'Socket.IO',
  packages: ['socket.io', 'engine.io', 'socket.io-parser'],
  server: () => ownServer('socket-io'),
  path: '/socket.io/?EIO=4&transport=websocket',
  subprotocol: undefined,
  ready: '40{',
  request: (message) => `42["broadcast",${message}]`,
  answer: (frame) => {
    if (frame.startsWith('0{')) return '40'
    return frame === '2' ? '3' : undefined
  },
}
