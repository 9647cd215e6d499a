import type { Dialect } from '../../src/load/dialect.ts'
import { ownServer, type Peer } from './peer.ts'

/** Socket.IO over the WebSocket transport. The bench speaks engine.io's packets by hand. */
const dialect: Dialect = {
  upgrade: () => ({ path: '/socket.io/?EIO=4&transport=websocket' }),
  subprotocol: undefined,
  isBinary: false,
  ready: '40{',
  answer: (frame) => {
    if (frame.startsWith('0{')) return '40'
    return frame === '2' ? '3' : undefined
  },
  join: (room) => ({ request: `420["join",${room}]`, done: '430[' }),
  broadcast: (message, room) =>
    room === undefined ? `42["broadcast",${message}]` : `42["broadcast-to",${room},${message}]`,
  nameIn: (frame) => /^40\{"sid":"([^"]+)"/.exec(frame)?.[1],
  direct: (name, message) => `42["direct","${name}",${message}]`,
}

const packages = ['socket.io', 'engine.io', 'socket.io-parser']

/** Socket.IO on its own engine. It emits each event to all clients. */
export const socketIo: Peer = {
  name: 'socket-io',
  title: 'Socket.IO',
  packages,
  server: () => ownServer('socket-io'),
  dialect,
}

export const socketIoUws: Peer = {
  name: 'socket-io-uws',
  title: 'Socket.IO on uWebSockets.js',
  packages: [...packages, 'uWebSockets.js'],
  server: () => ownServer('socket-io', { ENGINE: 'uws' }),
  dialect,
}

/** Two processes behind one port. */
export const socketIoCluster: Peer = {
  name: 'socket-io-cluster',
  title: 'Socket.IO, cluster adapter, two processes',
  packages: [...packages, '@socket.io/cluster-adapter'],
  server: () => ownServer('socket-io-cluster'),
  dialect,
}
