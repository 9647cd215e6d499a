import { App, us_socket_local_port } from 'uWebSockets.js'
import { Etcd3 } from 'etcd3'
import { announce } from './announce.ts'

/**
 * The design that one would write first: the worker that gets a message puts it into etcd, with the client library's defaults.
 * Each worker watches the key, and publishes what it sees.
 */
const TOPIC = 'all'
const KEY = 'plain/broadcast'

const etcd = new Etcd3({ hosts: process.env['ETCD_ENDPOINTS'] ?? '' })
const app = App()
app.ws('/*', {
  maxBackpressure: 64 * 1024 * 1024,
  open: (ws) => {
    ws.subscribe(TOPIC)
  },
  message: (_ws, message) => {
    void etcd
      .put(KEY)
      .value(Buffer.from(message.slice(0)))
      .exec()
  },
})
const watcher = await etcd.watch().key(KEY).create()
watcher.on('put', ({ value }) => app.publish(TOPIC, value, false))
app.listen('127.0.0.1', 0, (socket) => {
  if (socket === false) throw new Error('cannot listen on 127.0.0.1')
  announce(us_socket_local_port(socket))
})
