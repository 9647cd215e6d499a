/** Coming back with so many rooms, so long a token and so small a head that they do not fit into it together. */
import t, { type Test } from 'tap'
import { connect, type ClientOptions, type Gap, type GameClient } from '../../../src/client/index.ts'
import { openClient } from '../../helpers/client.ts'
import { startServer, type TestServer } from '../../helpers/server.ts'
import { startProxy } from '../../helpers/tcp-proxy.ts'
import { until } from '../../helpers/until.ts'

const ROOMS = Array.from({ length: 32 }, (_, i) => `room-${i}-`.padEnd(64, 'x'))
const SMALL = { WORKERS: '2', HTTP_HEAD_BYTES: '4KiB' }

/** Of some 1.8 KB. */
const longToken = (server: TestServer) => server.mint('alice', { padding: 'x'.repeat(1200) })

interface Player {
  readonly game: GameClient
  readonly heard: unknown[]
  readonly gaps: Gap[]
}

async function play(t: Test, server: TestServer, options: Partial<ClientOptions> = {}): Promise<Player> {
  const token = longToken(server)
  const reconnect = { baseMs: 50, maxMs: 200 }
  const game = await connect({ url: server.url, namespace: 'private', token, reconnect, ...options })
  t.teardown(() => game.close())
  const player = { game, heard: [] as unknown[], gaps: [] as Gap[] }
  game.on('core.game.state.broadcast', ({ room, payload }) =>
    player.heard.push(`${room} ${JSON.stringify(payload.message)}`),
  )
  game.on('gap', (gap) => player.gaps.push(gap))
  return player
}

const readyAgain = (game: GameClient, change: () => unknown) => {
  const ready = new Promise<boolean>((resolve) => {
    game.on('status', (now) => now.status === 'ready' && resolve(now.recovered))
  })
  change()
  return ready
}

for (const encoding of ['json', 'msgpack'] as const) {
  t.test(`32 long rooms and a long token: recovered again and again, in each room (${encoding})`, async (t) => {
    const server = await startServer(t, SMALL)
    const proxy = await startProxy(t, server.port)
    const { game, heard, gaps } = await play(t, server, { url: proxy.endpoint, encoding })
    for (const room of ROOMS) await game.join(room)
    const sender = await openClient(server, { token: server.mint('sender') })
    t.teardown(() => sender.terminate())
    for (const room of ROOMS) await sender.request('core.game.room.join', { room_id: room })

    let members = [...ROOMS]
    for (let n = 0; n < 3; n++) {
      heard.length = 0
      const recovered = readyAgain(game, () => proxy.cutAll())
      for (const room of ROOMS) await sender.request('core.game.state.broadcast', { message: n }, { room })
      t.equal(await recovered, true)
      t.ok(await until(() => heard.length >= members.length))
      t.strictSame(
        heard,
        members.map((room) => `${room} ${n}`),
        'every event of its rooms, in order',
      )
      t.strictSame([...game.rooms].sort(), [...members].sort())
      // The server remembers what was left, and what was joined since.
      await game.leave(members[0] ?? '')
      members = members.slice(1)
    }
    t.strictSame(gaps, [])
  })
}

t.test('a join or a leave under way when the connection breaks is carried out', async (t) => {
  const server = await startServer(t, SMALL)
  const proxy = await startProxy(t, server.port)
  const { game } = await play(t, server, { url: proxy.endpoint })
  for (const room of ROOMS.slice(0, 30)) await game.join(room)
  for (let n = 0; n < 5; n++) {
    const changes = [game.join(ROOMS[30] ?? ''), game.leave(ROOMS[0] ?? '').catch(({ code }) => code)]
    proxy.cutAll()
    const [, left] = await Promise.all(changes)
    // NOT_IN_ROOM: it was done before the cut, and asked for once more behind it.
    t.ok(left === undefined || left === 'NOT_IN_ROOM', left)
    t.notOk(game.rooms.includes(ROOMS[0] ?? ''))
    t.ok(game.rooms.includes(ROOMS[30] ?? ''))
    const { users } = await game.listPresence({ room_id: ROOMS[30] ?? '' })
    t.strictSame(users.length, 1)
    await t.rejects(game.listPresence({ room_id: ROOMS[0] ?? '' }), { code: 'NOT_IN_ROOM' }, 'the server says the same')
    await Promise.all([game.leave(ROOMS[30] ?? ''), game.join(ROOMS[0] ?? '')])
  }
})

t.test('a server that was restarted knows no rooms: they are joined again, and the gap is told', async (t) => {
  const server = await startServer(t, SMALL)
  const { game, gaps, heard } = await play(t, server)
  const rooms = ROOMS.slice(0, 20)
  for (const room of rooms) await game.join(room)
  const errors: unknown[] = []
  game.on('error', (error) => errors.push(error))
  const recovered = readyAgain(game, () => {})
  await server.restart()
  t.equal(await recovered, false)
  t.ok(await until(() => game.rooms.length === rooms.length))
  t.match(gaps, [{ reason: 'ROOMS_UNKNOWN' }])
  t.strictSame([...(gaps[0]?.rooms ?? [])].sort(), [...rooms].sort())
  for (const room of rooms) await game.broadcast('back', { room })
  t.ok(await until(() => heard.length === rooms.length))
  t.strictSame(errors, [])
})

t.test('a room that cannot be joined again is told in an error, be the list of rooms short or long', async (t) => {
  for (const others of [0, 20]) {
    const server = await startServer(t, { ...SMALL, MAX_ROOMS_PER_CONNECTION: '32' })
    const proxy = await startProxy(t, server.port)
    const { game, gaps } = await play(t, server, { url: proxy.endpoint })
    await server.admin('POST', '/api/v1/rooms', { room_id: 'small', namespace: 'private', capacity: 1 })
    for (const room of ['small', ...ROOMS.slice(0, others)]) await game.join(room)
    const error = new Promise<unknown>((resolve) => game.on('error', resolve))
    const other = await openClient(server, { token: server.mint('other') })
    t.teardown(() => other.terminate())
    proxy.refuse(true)
    proxy.cutAll()
    // The place is free when the server has seen the end of the connection.
    const taken = async () => (await other.request('core.game.room.join', { room_id: 'small' })).success
    t.ok(await until(taken))
    proxy.refuse(false)
    t.match(await error, { code: 'ROOM_FULL', details: { room_id: 'small' } })
    t.equal(game.rooms.length, others)
    t.match(gaps, [{ reason: 'ROOMS_UNKNOWN' }])
  }
})

t.test('a resume without rooms joins those that the session had; one that names them joins those', async (t) => {
  const server = await startServer(t, SMALL)
  const first = await openClient(server, { token: server.mint('alice') })
  for (const room_id of ['a', 'b']) await first.request('core.game.room.join', { room_id })
  const { epoch, offset, resume_token } = first.ready
  const since = `${String(epoch)}:${String(offset)}`
  const back = async (query: Record<string, string>) => {
    const token = server.mint('alice')
    const client = await openClient(server, { token, query: { resume: String(resume_token), since, ...query } })
    t.teardown(() => client.terminate())
    return client.ready
  }
  t.match(await back({}), { recovered: true, rooms: ['a', 'b'] }, 'while the first one is still there')
  first.terminate()
  t.match(await back({}), { recovered: true, rooms: ['a', 'b'] })
  t.match(await back({ rooms: 'b' }), { recovered: true, rooms: ['b'] })
  t.match(await back({}), { recovered: true, rooms: ['b'] }, 'those are the rooms of the session now')
  t.match(await back({ rooms: '' }), { recovered: true, rooms: [] })
  t.match(await back({}), { recovered: true, rooms: [] })
  await server.restart()
  t.match(await back({}), { recovered: false, reason: 'ROOMS_UNKNOWN', rooms: [], replayed: 0 })
  t.match(await back({ rooms: 'a' }), { recovered: true, rooms: ['a'] }, 'the log is still there')
})
