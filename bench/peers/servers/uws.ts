import { App, us_socket_local_port } from 'uWebSockets.js'
import { announce } from './announce.ts'

interface UserData {
  readonly path: string
}

const app = App()
app.ws<UserData>('/*', {
  // Far more than ever waits for a reader that keeps up, so that nothing is dropped silently.
  maxBackpressure: 64 * 1024 * 1024,
  upgrade: (response, request, context) => {
    const key = request.getHeader('sec-websocket-key')
    response.upgrade<UserData>({ path: request.getUrl() }, key, '', '', context)
  },
  open: (ws) => {
    ws.subscribe(ws.getUserData().path)
  },
  message: (ws, message, isBinary) => {
    const { path } = ws.getUserData()
    if (path === '/echo') ws.send(message, isBinary)
    else app.publish(path, message, isBinary)
  },
})
app.listen('127.0.0.1', 0, (socket) => {
  if (socket === false) throw new Error('cannot listen on 127.0.0.1')
  announce(us_socket_local_port(socket))
})
