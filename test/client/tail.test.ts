import t from 'tap'
import { runTail } from '../../src/cli/tail.ts'
import { ScriptedServer, type Peer } from './scripted-server.ts'
import { until } from './setup.ts'

t.test('tail joins its rooms, prints each event as one line of JSON, and ends on the signal', async (t) => {
  const { server, lines, stop, running } = await tailing(t, ['arena'])
  const peer = await server.accept()
  peer.ready()
  const join = await peer.receive()
  t.same(join.payload, { room_id: 'arena' })
  peer.reply(join, { room_id: 'arena', members: 1, state: null, offset: 41 })
  peer.event(42, 41, { room: 'arena' })
  await until(() => lines.some((line) => line.startsWith('{')))
  stop.abort()
  await running
  const events = lines.filter((line) => !line.startsWith('#')).map((line) => JSON.parse(line) as unknown)
  t.match(events, [{ offset: 42, room: 'arena' }])
  t.match(lines[0], /^# connecting/)
  t.match(lines[1], /^# ready: alice in public on node n1, offset 41/)
  t.match(lines.at(-1), /^# closed/)
})

t.test('tail says when it loses the connection and when events are missing', async (t) => {
  const { server, lines, stop, running } = await tailing(t, [])
  const peer = await server.accept()
  peer.ready()
  peer.close(4001, 'slow')
  const next: Peer = await server.accept()
  next.resumed({ recovered: false, reason: 'HISTORY_GONE' })
  await until(() => lines.includes('# events are missing here: HISTORY_GONE'))
  t.ok(lines.some((line) => /^# lost \(4001 slow\), connecting again in \d+ ms$/.test(line)))
  stop.abort()
  await running
})

t.test('tail fails when the server will not have it', async (t) => {
  const { server, running } = await tailing(t, ['secret'])
  const peer = await server.accept()
  peer.ready()
  peer.refuse(await peer.receive(), 'FORBIDDEN')
  await t.rejects(running, { code: 'FORBIDDEN' })
  const kicked = await tailing(t, [])
  const other = await kicked.server.accept()
  other.ready()
  other.close(4502, 'kicked')
  await t.rejects(kicked.running, { code: 'CLOSED', details: { close_code: 4502 } })
})

t.test('a signal that is aborted already ends tail before it connects', async (t) => {
  const { server, running, stop } = await tailing(t, [], AbortSignal.abort())
  await running
  stop.abort()
  t.equal(server.attempts, 0)
})

async function tailing(t: Parameters<typeof ScriptedServer.start>[0], rooms: string[], signal?: AbortSignal) {
  const server = await ScriptedServer.start(t)
  const stop = new AbortController()
  const lines: string[] = []
  const running = runTail({
    url: server.url,
    namespace: 'public',
    rooms,
    encoding: 'json',
    signal: signal ?? stop.signal,
    print: (line) => lines.push(line),
  })
  running.catch(() => undefined) // each test looks at it, some only after a while
  t.teardown(() => stop.abort())
  return { server, lines, stop, running }
}
