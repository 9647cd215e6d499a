import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { App, us_socket_local_port } from 'uWebSockets.js'
import { announce } from './announce.ts'
import { addHandlers } from './socket-io-handlers.ts'

if (process.env['ENGINE'] === 'uws') {
  const app = App()
  const io = new Server()
  io.attachApp(app)
  addHandlers(io)
  app.listen('127.0.0.1', 0, (socket) => {
    if (socket === false) throw new Error('cannot listen on 127.0.0.1')
    announce(us_socket_local_port(socket))
  })
} else {
  const http = createServer()
  addHandlers(new Server(http))
  http.listen(0, '127.0.0.1', () => {
    const address = http.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    announce(address.port)
  })
}
