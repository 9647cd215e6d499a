/** Connections of Socket.IO clients end in every way there is, and go on. */
import t, { type Test } from 'tap'
import { openClient, type TestClient } from '../../helpers/client.ts'
import { startServer, type TestServer } from '../../helpers/server.ts'
import { IoClient, openIo, type IoOptions } from '../../helpers/socket-io.ts'
import { startProxy } from '../../helpers/tcp-proxy.ts'
import { until } from '../../helpers/until.ts'

const BROADCAST = 'core.game.state.broadcast'
const ROOM = 'arena'
const CLIENTS = 24
const TRANSPORTS: readonly IoOptions[] = [{}, { transports: ['websocket'] }, { transports: ['polling'] }]

interface ConnectionList {
  readonly items: readonly { readonly worker: number; readonly user_id: string }[]
}

async function workersOf(server: TestServer): Promise<ReadonlyMap<string, number>> {
  const { items } = (await server.admin('GET', '/api/v1/connections?limit=1000')) as ConnectionList
  return new Map(items.map(({ user_id, worker }) => [user_id, worker]))
}

/** The events of the room that it was given, each with its place. */
const offsets = (client: IoClient) => client.events(BROADCAST).map((event) => Number(event['offset']))

async function join(client: IoClient, room = ROOM): Promise<void> {
  const { success } = await client.request('core.game.room.join', { room_id: room })
  if (!success) throw new Error('it could not join')
}

function isSameOrder(t: Test, client: IoClient, sender: TestClient, count: number): void {
  const all = sender.events.filter(({ eventType }) => eventType === BROADCAST).map((event) => event['offset'])
  t.equal(all.length, count)
  t.strictSame(offsets(client), all, `${client.transport}: every event once, in order`)
}

t.test('a worker is killed in mid-load: its clients are recovered on another one, and miss nothing', async (t) => {
  const server = await startServer(t, { WORKERS: '3' })
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, (_, i) => openIo(t, server, { user: `user-${i}`, ...TRANSPORTS[i % 3] })),
  )
  await Promise.all(clients.map((client) => join(client)))
  const ids = clients.map(({ socket }) => socket.id)
  const sender = await openClient(server, { token: server.mint('sender') })
  await sender.request('core.game.room.join', { room_id: ROOM })
  const before = await workersOf(server)
  const senders = before.get('sender')
  const victim = [...before.values()].find((worker) => worker !== senders)
  t.ok(victim !== undefined)
  const { pid } = server.logs().find((line) => line['msg'] === 'worker ready' && line['worker'] === victim) ?? {}
  for (let n = 0; n < 300; n++) {
    if (n === 100) process.kill(Number(pid), 'SIGKILL')
    t.ok((await sender.request(BROADCAST, { message: n }, { room: ROOM })).success)
  }
  await until(() => clients.every((client) => offsets(client).length >= 300))
  const after = await workersOf(server)
  let moved = 0
  for (const [i, client] of clients.entries()) {
    const wasOnIt = before.get(`user-${i}`) === victim
    isSameOrder(t, client, sender, 300)
    t.equal(client.socket.recovered, client.disconnects.length > 0, 'recovered, where it was gone')
    t.equal(client.socket.id, ids[i], 'under the same id')
    if (!wasOnIt) continue
    moved++
    t.ok(client.disconnects.length > 0)
    t.not(after.get(`user-${i}`), victim)
    t.match(client.events('core.game.session.resumed').at(-1), { payload: { recovered: true, rooms: [ROOM] } })
  }
  t.ok(moved > 0, `${moved} were on it`)
  t.notOk(clients.some((client) => client.errors.some(({ data }) => data?.code === 'INTERNAL')))
})

t.test('a network that goes: recovered again and again', async (t) => {
  const server = await startServer(t, { WORKERS: '2' })
  const proxy = await startProxy(t, server.port)
  const clients = await Promise.all(
    TRANSPORTS.map((options, i) => openIo(t, server, { user: `user-${i}`, url: proxy.endpoint, ...options })),
  )
  await Promise.all(clients.map((client) => join(client)))
  const sender = await openClient(server, { token: server.mint('sender') })
  await sender.request('core.game.room.join', { room_id: ROOM })
  let cuts = 0
  for (let n = 0; n < 100; n++) {
    if (n % 25 === 10) {
      cuts++
      // One that polls is hit only while a request of its own is under way.
      await until(() => {
        proxy.cutAll()
        return clients.every(({ disconnects }) => disconnects.length >= cuts)
      })
    }
    await sender.request(BROADCAST, { message: n }, { room: ROOM })
    if (n % 25 === 20) await until(() => clients.every(({ socket }) => socket.connected))
  }
  await until(() => clients.every((client) => offsets(client).length >= 100))
  for (const client of clients) {
    isSameOrder(t, client, sender, 100)
    t.ok(client.disconnects.length >= 4, client.disconnects.join())
    t.ok(client.socket.recovered, `${client.transport}: recovered`)
  }
})

t.test('a session that cannot be recovered begins anew, and says so', async (t) => {
  const server = await startServer(t, { WORKERS: '1', HISTORY_BYTES: '64KiB' })
  const proxy = await startProxy(t, server.port)
  const client = await openIo(t, server, { user: 'alice', url: proxy.endpoint })
  const id = client.socket.id
  const sender = await openClient(server, { token: server.mint('sender') })
  client.socket.io.reconnection(false)
  proxy.cutAll()
  await until(() => client.disconnects.length > 0)
  for (let n = 0; n < 40; n++) await sender.request(BROADCAST, { message: 'x'.repeat(8_000) })
  client.socket.connect()
  await until(() => client.events('core.game.session.ready').length === 2)
  t.notOk(client.socket.recovered)
  t.not(client.socket.id, id)
  t.strictSame(offsets(client), [])
})

t.test('somebody else with the same client object gets a session of their own', async (t) => {
  const server = await startServer(t, { WORKERS: '1' })
  const client = await openIo(t, server, { user: 'alice' })
  client.socket.auth = { token: server.mint('bob') }
  client.socket.disconnect().connect()
  await until(() => client.events('core.game.session.ready').length === 2)
  t.notOk(client.socket.recovered)
  t.match(client.events('core.game.session.ready')[1], { payload: { user_id: 'bob' } })
})

t.test('a server that stops in order: told, disconnected, and recovered on the next one', async (t) => {
  const server = await startServer(t, { WORKERS: '2' })
  const clients = await Promise.all(
    TRANSPORTS.map((options, i) => openIo(t, server, { user: `user-${i}`, ...options })),
  )
  await server.restart()
  await until(() => clients.every((client) => client.socket.connected))
  for (const client of clients) {
    t.match(client.events('core.game.session.draining'), [{ payload: { retry_after_ms: Number } }])
    t.match(client.events('error'), [{ code: 'DRAINING', details: { close_code: 4000, retry_after_ms: Number } }])
    t.equal((await client.request('core.game.session.ping', {})).success, true)
  }
})

t.test(
  'polling that is to come back ends without a CLOSE packet, after which python-socketio would stay away',
  async (t) => {
    const server = await startServer(t, { WORKERS: '2', SHUTDOWN_TIMEOUT: '3s' })
    const url = `${server.url}/core/game/v1/real-time/public/?EIO=4&transport=polling`
    const opened = await (await fetch(url)).text()
    const { sid } = JSON.parse(opened.slice(1)) as { sid: string }
    const post = (body: string) => fetch(`${url}&sid=${sid}`, { method: 'POST', body })
    await post('40')
    await server.admin('POST', '/api/v1/reload')
    const packets: string[] = []
    for (;;) {
      const answer = await fetch(`${url}&sid=${sid}`)
      if (answer.status !== 200) {
        t.equal(answer.status, 400, 'the session is gone')
        break
      }
      const came = (await answer.text()).split('\u001E')
      packets.push(...came)
      if (came.includes('2')) await post('3')
    }
    t.match(packets.at(-1), /^42\["error",\{"code":"DRAINING"/)
    t.notOk(packets.includes('1'), packets.join('\n'))
  },
)

t.test('what ends for good is told, and the client stays away', async (t) => {
  const server = await startServer(t, { WORKERS: '2', MAX_CONNECTIONS_PER_USER: '2', MAX_PAYLOAD_BYTES: '1KiB' })
  await openIo(t, server, { user: 'alice' })
  await openIo(t, server, { user: 'alice' })
  const third = new IoClient(server, { user: 'alice' })
  t.teardown(() => void third.socket.disconnect())
  await until(() => third.disconnects.length > 0)
  t.strictSame(third.disconnects, ['io server disconnect'])
  t.match(third.events('error'), [{ code: 'RATE_LIMITED', details: { close_code: 4504 } }])

  const loud = await openIo(t, server, { user: 'loud' })
  loud.socket.emit(BROADCAST, { message: 'x'.repeat(2_000) })
  await until(() => loud.disconnects.length > 0)
  t.strictSame(loud.disconnects, ['io server disconnect'])
  t.match(loud.events('error'), [{ code: 'PAYLOAD_TOO_LARGE' }, { details: { close_code: 1009 } }])
})

t.test("somebody else's pid gives no share in their session", async (t) => {
  const server = await startServer(t, { WORKERS: '1' })
  const alice = await openIo(t, server, { user: 'alice' })
  await join(alice)
  t.ok((await alice.request(BROADCAST, { message: 'mine' })).success)
  await until(() => offsets(alice).length > 0)
  const id = alice.socket.id
  const { _pid: pid, _lastOffset: offset } = alice.socket as unknown as { _pid: string; _lastOffset: string }
  const mallory = await openIo(t, server, { user: 'mallory', auth: { token: server.mint('mallory'), pid, offset } })
  t.not(mallory.socket.id, id)
  t.notOk(mallory.socket.recovered)
  t.match(mallory.events('core.game.session.ready'), [{ payload: { user_id: 'mallory' } }])
  const ready = mallory.events('core.game.session.ready')[0]?.payload
  t.equal(ready?.['session_id'], mallory.socket.id)
  t.ok((await mallory.request(BROADCAST, { message: 'hers' })).success, 'a whole connection')
  mallory.socket.disconnect()
  alice.socket.io.engine.close()
  await until(() => alice.socket.connected)
  t.ok(alice.socket.recovered)
  t.equal(alice.socket.id, id)
  t.ok((await alice.request(BROADCAST, { message: 'in the room' })).success)
  const again = await server.admin('GET', `/api/v1/connections?room=${ROOM}`)
  t.match(again, { items: [{ user_id: 'alice', rooms: [ROOM] }] })
})
