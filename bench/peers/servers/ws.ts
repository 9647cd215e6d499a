import { WebSocketServer } from 'ws'
import { announce } from './announce.ts'

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
server.on('connection', (socket) => {
  socket.on('message', (message, binary) => {
    for (const client of server.clients) client.send(message, { binary })
  })
})
server.on('listening', () => {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  announce(address.port)
})
