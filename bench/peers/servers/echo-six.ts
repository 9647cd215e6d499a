import { App, us_socket_local_port } from 'uWebSockets.js'
import { announce } from './announce.ts'

/** A server without a log: it sends each message back six times, as if to one connection on each of six workers. */
const COPIES = 6

const app = App()
app.ws('/*', {
  maxBackpressure: 64 * 1024 * 1024,
  message: (ws, message) => {
    ws.cork(() => {
      for (let i = 0; i < COPIES; i++) ws.send(message, false)
    })
  },
})
app.listen('127.0.0.1', 0, (socket) => {
  if (socket === false) throw new Error('cannot listen on 127.0.0.1')
  announce(us_socket_local_port(socket))
})
