import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { announce } from './announce.ts'

const http = createServer()
const io = new Server(http)
io.on('connection', (socket) => {
  socket.on('broadcast', (message: unknown) => {
    io.emit('broadcast', message)
  })
})
http.listen(0, '127.0.0.1', () => {
  const address = http.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  announce(address.port)
})
