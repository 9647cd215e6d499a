import { WebSocketServer, type WebSocket } from 'ws'
import { announce } from './announce.ts'

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
const rooms = new Map<string, Set<WebSocket>>()

server.on('connection', (socket, { url = '/' }) => {
  if (url === '/echo') {
    socket.on('message', (message, binary) => socket.send(message, { binary }))
    return
  }
  const room = rooms.get(url) ?? new Set()
  rooms.set(url, room.add(socket))
  socket.on('close', () => room.delete(socket))
  socket.on('message', (message, binary) => {
    for (const client of room) client.send(message, { binary })
  })
})
server.on('listening', () => {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  announce(address.port)
})
