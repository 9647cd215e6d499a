import { connect } from 'node:net'
import t from 'tap'
import { openClient } from '../helpers/client.ts'
import { requestHead } from '../helpers/raw.ts'
import { startServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

const CONNECTIONS = 4500
const EVENTS = 150
const MESSAGE = 'x'.repeat(3000)

t.test('thousands that come back at once, each with much to catch up, all get it and end no worker', async (t) => {
  const server = await startServer(t, { WORKERS: '1', MAX_CONNECTIONS_PER_USER: '100000' })
  const guest = await openClient(server)
  const { resume_token, epoch, offset } = guest.ready as { resume_token: string; epoch: string; offset: number }
  for (let i = 0; i < EVENTS; i++) {
    await server.admin('POST', '/api/v1/broadcast', { namespace: 'guest', message: MESSAGE })
  }
  const path = `/core/game/v1/real-time/public?resume=${resume_token}&since=${epoch}:${offset}`
  let complete = 0
  let closed = 0
  const sockets = Array.from({ length: CONNECTIONS }, () => {
    const socket = connect(server.port, '127.0.0.1')
    let bytes = 0
    let isComplete = false
    socket.on('error', () => {})
    socket.on('close', () => closed++)
    socket.on('data', (data) => {
      bytes += data.length
      if (!isComplete && bytes >= EVENTS * MESSAGE.length) complete++
      isComplete ||= bytes >= EVENTS * MESSAGE.length
    })
    socket.write(requestHead({ path }))
    return socket
  })
  t.teardown(() => sockets.forEach((socket) => socket.destroy()))
  await until(() => complete === CONNECTIONS || closed > 0)
  t.equal(complete, CONNECTIONS)
  t.equal(closed, 0)
  t.notMatch(server.output(), 'worker died')
  guest.terminate()
})
