/** Workers are replaced one by one, and nobody who plays notices. */
import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { connect, EVENT } from '../../src/client/index.ts'
import { openClient } from '../helpers/client.ts'
import { realTime } from '../helpers/real-time.ts'
import { startServer } from '../helpers/server.ts'
import { openIo } from '../helpers/socket-io.ts'
import { until } from '../helpers/until.ts'
import { lines, rolled } from './rolled.ts'

const CLIENTS = 60
const EVERY_MS = 5

function stopper() {
  const controller = new AbortController()
  return { signal: controller.signal, stop: () => controller.abort() }
}

t.test('SIGHUP: every worker is another one, each event comes once and in order, no purchase fails', async (t) => {
  const server = await startServer(t, { WORKERS: '2', SHUTDOWN_TIMEOUT: '9s' })
  await server.admin('PUT', '/api/v1/goods/apple', { name: 'Apple', price: 1, currency: 'gold', stock: null })
  const heard: number[][] = []
  const changes: string[][] = []
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, async (_, i) => {
      const user = `user-${i % 20}`
      const client = await connect({ url: server.url, namespace: 'private', token: () => server.mint(user) })
      t.teardown(() => client.close())
      const mine: number[] = []
      heard.push(mine)
      client.on(EVENT.broadcast, ({ payload }) => mine.push(Number(payload.message)))
      const statuses: string[] = []
      changes.push(statuses)
      client.on('status', ({ status }) => statuses.push(status))
      await client.join('arena')
      return client
    }),
  )
  const [buyer, speaker] = clients
  if (!buyer || !speaker) throw new Error('there are no clients')
  const gold = { currency: 'gold', amount: 100_000, idempotency_key: 'gold-for-the-buyer' }
  await server.admin('POST', '/api/v1/players/user-0/credit', gold)
  const pids = new Set(lines(server, 'worker ready').map((line) => line['pid']))

  const { signal, stop } = stopper()
  let said = 0
  let bought = 0
  const failed: unknown[] = []
  const speaking = (async () => {
    for (; !signal.aborted; said++) {
      await speaker.broadcast(said, { room: 'arena' }).catch((error: unknown) => failed.push(error))
      await realTime(EVERY_MS)
    }
  })()
  const buying = (async () => {
    for (; !signal.aborted; bought++) {
      await buyer.buyGood({ goodId: 'apple', count: 1 }).catch((error: unknown) => failed.push(error))
      await realTime(EVERY_MS)
    }
  })()
  let handshakes = 0
  const refused: unknown[] = []
  const knocking = (async () => {
    for (; !signal.aborted; handshakes++) {
      await openClient(server).then(
        (client) => client.close(),
        (error: unknown) => refused.push(error),
      )
    }
  })()
  process.kill(server.pid, 'SIGHUP')
  t.ok(await rolled(server, 0))
  stop()
  await Promise.all([speaking, buying, knocking])
  await until(() => heard.every((mine) => mine.length === said))

  const wanted = Array.from({ length: said }, (_, n) => n)
  t.equal(heard.filter((mine) => mine.every((n, i) => n === wanted[i]) && mine.length === said).length, CLIENTS)
  t.strictSame(failed, [], `${said} broadcasts, ${bought} purchases`)
  t.ok(refused.length <= Math.max(1, handshakes / 1_000), `${refused.length} of ${handshakes} handshakes`)
  t.strictSame([...new Set(changes.flat())].sort(), ['draining', 'ready'], 'nobody was without a connection')
  t.equal(lines(server, 'worker ready').filter((line) => !pids.has(line['pid'])).length, 2)
  const { inventory } = (await server.admin('GET', '/api/v1/players/user-0')) as { inventory: { apple: number } }
  t.equal(inventory.apple, bought)
  t.equal(lines(server, 'worker died; starting another').length, 0)
})

t.test('other clients are told, closed with 4000, and come back elsewhere', async (t) => {
  const server = await startServer(t, { WORKERS: '2', SHUTDOWN_TIMEOUT: '3s' })
  const plain = await openClient(server, { token: server.mint('plain') })
  const io = await openIo(t, server, { user: 'io' })
  await io.request('core.game.room.join', { room_id: 'arena' })
  await server.admin('POST', '/api/v1/reload')
  t.match(await plain.closed, { code: 4000, reason: /retry_after_ms/ })
  t.ok(plain.frames.some(({ eventType }) => eventType === 'core.game.session.draining'))
  t.ok(await rolled(server, 0))
  await until(() => io.socket.connected)
  t.equal(io.socket.recovered, true)
  await server.admin('POST', '/api/v1/broadcast', { namespace: 'private', room: 'arena', message: 1 })
  t.ok(await until(() => io.events(EVENT.broadcast).length === 1))
})

t.test('a new worker that does not come up: the old ones go on', async (t) => {
  const server = await startServer(t, { WORKERS: '2', SHUTDOWN_TIMEOUT: '3s' })
  const client = await openClient(server, { token: server.mint('alice') })
  const before = lines(server, 'worker ready').length
  const known = new Set(lines(server, 'worker ready').map((line) => line['pid']))
  // Whoever is new is killed before it listens.
  const hunt = setInterval(() => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        const parent = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
        if (parent === server.pid && !known.has(Number(pid))) process.kill(Number(pid), 'SIGKILL')
      } catch {
        continue // it has ended meanwhile
      }
    }
  }, 5)
  t.teardown(() => clearInterval(hunt))
  await server.admin('POST', '/api/v1/reload')
  t.ok(await until(() => /did not start, or could not/.test(server.output())))
  clearInterval(hunt)
  t.equal(lines(server, 'worker ready').length, before)
  t.match(await client.request('core.game.session.ping', {}), { success: true })
  t.match(await server.admin('GET', '/ready'), { ready: true })
})
