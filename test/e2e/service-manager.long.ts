import t from 'tap'
import { openClient } from '../helpers/client.ts'
import { openNotifySocket, skipWithoutNotify } from '../helpers/notify-socket.ts'
import { PATIENCE_MS } from '../helpers/patience.ts'
import { startServer } from '../helpers/server.ts'

t.test('the server tells systemd that it serves, how it is, and that it stops', skipWithoutNotify(), async (t) => {
  const socket = await openNotifySocket(t)
  const PATH = process.env['PATH'] ?? ''
  const server = await startServer(t, { NOTIFY_SOCKET: socket.path, WATCHDOG_USEC: '1000000', PATH })
  await socket.find('READY=1', PATIENCE_MS)
  t.strictSame(socket.messages[0], ['READY=1'], 'not before it serves')
  const client = await openClient(server)
  t.strictSame(await socket.find('1 connections', PATIENCE_MS), ['WATCHDOG=1', 'STATUS=1 connections, 2 of 2 workers'])

  // A worker that hangs: the supervisor would kill it after 8 s, so it goes on before.
  const pid = Number(server.logs().find((line) => line['msg'] === 'worker ready')?.['pid'])
  process.kill(pid, 'SIGSTOP')
  t.strictSame(await socket.find('do not answer', PATIENCE_MS), [
    'STATUS=1 connections, 1 of 2 workers; 1 of 2 workers do not answer',
  ])
  const since = socket.messages.length
  process.kill(pid, 'SIGCONT')
  const sign = await socket.find('WATCHDOG=1', PATIENCE_MS, since)
  t.match(sign[1], '2 of 2 workers', 'no sign of life before that')

  client.terminate()
  await server.stop()
  await socket.find('STOPPING=1', PATIENCE_MS)
})
