import { App, us_socket_local_port } from 'uWebSockets.js'
import { announce } from './announce.ts'

const TOPIC = 'all'

const app = App()
app.ws('/*', {
  // Far above what a reader that keeps up ever has waiting, so that nothing is dropped in silence.
  maxBackpressure: 64 * 1024 * 1024,
  open: (ws) => {
    ws.subscribe(TOPIC)
  },
  message: (_ws, message, isBinary) => {
    app.publish(TOPIC, message, isBinary)
  },
})
app.listen('127.0.0.1', 0, (socket) => {
  if (socket === false) throw new Error('cannot listen on 127.0.0.1')
  announce(us_socket_local_port(socket))
})
