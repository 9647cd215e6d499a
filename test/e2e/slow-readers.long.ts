import t from 'tap'
import { openClient, type Frame, type TestClient } from '../helpers/client.ts'
import { realTime } from '../helpers/real-time.ts'
import { startServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

const BROADCAST = 'core.game.state.broadcast'
/** More in one second than the kernel keeps for two sockets and the server for one. */
const MESSAGES = 1_500
const AT_ONCE = 5
const PAUSE_MS = 3
const PADDING = 'x'.repeat(12_000)
const server = await startServer(t, {
  RATE_MESSAGES: '100000',
  RATE_BYTES: '1GiB',
  BACKPRESSURE_BYTES: '2MiB',
  // How much waits is to close a reader, not for how long it has read nothing or answered no ping.
  SOCKET_READ_TIMEOUT: '600s',
  SOCKET_WRITE_TIMEOUT: '600s',
})
const open = (user: string, encoding: 'json' | 'msgpack' = 'json') =>
  openClient(server, { token: server.mint(user), encoding })

/**
 * So many at a time that the log, which is not what is tested, keeps up, and so slowly that what leaves in one flush is far below
 * what a socket's buffer may hold at all, twice BACKPRESSURE_BYTES: above it uWS ends the connection before anybody looks.
 */
async function shout(sender: TestClient, payload: (i: number) => object): Promise<void> {
  for (let i = 0; i < MESSAGES; i += AT_ONCE) {
    await realTime(PAUSE_MS)
    await Promise.all(
      Array.from({ length: AT_ONCE }, (_, k) => sender.request(BROADCAST, { ...payload(i + k), pad: PADDING })),
    )
  }
}

const position = (frame: Frame | undefined) => (frame?.payload?.['message'] as { n: number } | undefined)?.n

for (const encoding of ['json', 'msgpack'] as const) {
  t.test(
    `who reads too slowly gets the newest of the class latest, and is told what was skipped: ${encoding}`,
    async (t) => {
      const sender = await open('alice')
      const slow = await open('slow', encoding)
      const quick = await open('quick', encoding)
      slow.ws.pause()
      const keys = ['a', 'b', 'c']
      await shout(sender, (n) => ({ message: { n }, delivery: 'latest', key: keys[n % 3] }))
      slow.ws.resume()
      await until(() => position(slow.events.at(-1)) === MESSAGES - 1 || slow.isClosed)
      t.notOk(slow.isClosed, 'it is still there')
      await until(() => quick.events.length >= MESSAGES)
      t.equal(quick.events.length, MESSAGES, 'the others got every one')
      t.notOk(quick.events.some((event) => 'skipped' in event))

      const skipped = slow.events.reduce((sum, event) => sum + Number(event['skipped'] ?? 0), 0)
      t.ok(skipped > 100, `${skipped} were skipped`)
      t.equal(slow.events.length + skipped, MESSAGES, 'what is not there is counted')
      let cursor = Number(slow.ready['offset'])
      for (const { offset, prev } of slow.events) {
        if (Number(prev) > cursor || Number(offset) <= cursor) t.fail(`${String(prev)} after ${cursor}`)
        cursor = Number(offset)
      }
      for (const key of keys) {
        const last = (client: TestClient) =>
          client.events.findLast((event) => event.payload?.['key'] === key)?.['offset']
        t.equal(last(slow), last(quick), `the newest of ${key} is the same`)
      }
      // Caught up: it gets what others get, as they do.
      await sender.request(BROADCAST, { message: { n: -1 } })
      await until(() => [slow, quick].every((client) => position(client.events.at(-1)) === -1))
      const [mine, theirs] = [slow.events.at(-1), quick.events.at(-1)]
      t.strictSame(mine, theirs)
      for (const client of [sender, slow, quick]) await client.close()
    },
  )
}

t.test('events that must be delivered are not skipped: the connection is closed, and resumes', async (t) => {
  const sender = await open('alice')
  const slow = await open('slow')
  slow.ws.pause()
  await shout(sender, (n) => ({ message: { n } }))
  slow.ws.resume()
  t.match(await slow.closed, { code: 4001, reason: /resume/ })
  t.notOk(slow.events.some((event) => 'skipped' in event))
  const last = position(slow.events.at(-1)) ?? -1
  t.strictSame(
    slow.events.map(position),
    Array.from({ length: last + 1 }, (_, n) => n),
    'all up to the end',
  )
  await sender.close()
})

t.test('the metric tells of it', async (t) => {
  const metrics = await (
    await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${server.adminToken}` } })
  ).text()
  t.match(metrics, /^drumbeat_events_skipped_total [1-9]/m)
  t.match(metrics, /^drumbeat_slow_consumers_total\{cause="bytes"\} [1-9]/m)
})
