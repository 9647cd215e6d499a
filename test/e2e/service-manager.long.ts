import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { openClient } from '../helpers/client.ts'
import { openNotifySocket, skipWithoutNotify } from '../helpers/notify-socket.ts'
import { startServer } from '../helpers/server.ts'

const COMES_MS_MAX = 20_000

t.test('the server tells systemd that it serves, how it is, and that it stops', skipWithoutNotify(), async (t) => {
  const socket = await openNotifySocket(t)
  const PATH = process.env['PATH'] ?? ''
  const server = await startServer(t, { NOTIFY_SOCKET: socket.path, WATCHDOG_USEC: '1000000', PATH })
  await socket.find('READY=1', COMES_MS_MAX)
  t.strictSame(socket.messages[0], ['READY=1'], 'not before it serves')
  const client = await openClient(server)
  t.strictSame(await socket.find('1 connections', COMES_MS_MAX), ['WATCHDOG=1', 'STATUS=1 connections, 2 of 2 workers'])

  // A worker that hangs: the supervisor would kill it after 8 s, so it goes on before.
  const pid = Number(server.logs().find((line) => line['msg'] === 'worker ready')?.['pid'])
  process.kill(pid, 'SIGSTOP')
  t.strictSame(await socket.find('do not answer', COMES_MS_MAX), [
    'STATUS=1 connections, 1 of 2 workers; 1 of 2 workers do not answer',
  ])
  const since = socket.messages.length
  await sleep(1500)
  t.strictSame(socket.messages.slice(since), [], 'no sign of life')
  process.kill(pid, 'SIGCONT')
  t.match((await socket.find('WATCHDOG=1', COMES_MS_MAX, since))[1], '2 of 2 workers')

  client.terminate()
  await server.stop()
  await socket.find('STOPPING=1', COMES_MS_MAX)
})
