import cluster from 'node:cluster'
import { createServer } from 'node:http'
import { createAdapter, setupPrimary } from '@socket.io/cluster-adapter'
import { Server } from 'socket.io'
import { announce } from './announce.ts'
import { addHandlers } from './socket-io-handlers.ts'

const PROCESSES = 2

if (cluster.isPrimary) {
  setupPrimary()
  let ready = 0
  cluster.on('listening', (_worker, { port }) => {
    if (++ready === PROCESSES) announce(port)
  })
  for (let i = 0; i < PROCESSES; i++) cluster.fork()
} else {
  const http = createServer()
  const io = new Server(http)
  io.adapter(createAdapter())
  addHandlers(io)
  // With port 0, all workers of a primary get the same port.
  http.listen(0, '127.0.0.1')
}
