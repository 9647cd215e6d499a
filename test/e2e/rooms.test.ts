import t from 'tap'
import { openClient, type TestClient } from '../helpers/client.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

const BROADCAST = 'core.game.state.broadcast'
const JOIN = 'core.game.room.join'
const LEAVE = 'core.game.room.leave'
const JOINED = 'core.game.presence.joined'
const LEFT = 'core.game.presence.left'

const is = (eventType: string) => (frame: { eventType: string }) => frame.eventType === eventType
const join = (client: TestClient, room_id: string) => client.request(JOIN, { room_id })

t.test('rooms', async (t) => {
  const server: TestServer = await startServer(t)
  const clients: TestClient[] = []
  t.teardown(() => clients.forEach((client) => client.terminate()))
  const open = async (user: string | undefined, encoding: 'json' | 'msgpack' = 'json') => {
    const client = await openClient(server, user === undefined ? { encoding } : { token: server.mint(user), encoding })
    clients.push(client)
    return client
  }

  await t.test('an event of a room reaches its members in both encodings, and nobody else', async (t) => {
    const [alice, bob, carol] = await Promise.all([open('alice'), open('bob', 'msgpack'), open('carol')])
    t.match(await join(alice, 'r1'), { data: { room_id: 'r1', members: 1, state: null } })
    t.match(await join(bob, 'r1'), { data: { members: 2 } })
    const { data } = await alice.request(BROADCAST, { message: { move: 'e4' } }, { room: 'r1' })
    for (const member of [alice, bob]) {
      t.match(await member.next(is(BROADCAST)), {
        offset: data?.['offset'],
        room: 'r1',
        userId: 'alice',
        payload: { message: { move: 'e4' } },
      })
    }
    t.match(await carol.request(BROADCAST, { message: 'x' }, { room: 'r1' }), { error: { code: 'NOT_IN_ROOM' } })
    t.strictSame(carol.events, [])
  })

  await t.test('members are told who came and who went, gathered', async (t) => {
    const watcher = await open('watcher')
    await join(watcher, 'r2')
    t.match(await watcher.next(is(JOINED)), { userId: '@server', payload: { room_id: 'r2', users: ['watcher'] } })
    const others = await Promise.all(['d1', 'd2', 'd3'].map((user) => open(user)))
    await Promise.all(others.map((other) => join(other, 'r2')))
    const seen: unknown[] = []
    while (seen.length < 3) seen.push(...((await watcher.next(is(JOINED))).payload?.['users'] as unknown[]))
    t.strictSame(new Set(seen), new Set(['d1', 'd2', 'd3']))
    others[0]?.terminate()
    await others[1]?.request(LEAVE, { room_id: 'r2' })
    const gone: unknown[] = []
    while (gone.length < 2) gone.push(...((await watcher.next(is(LEFT))).payload?.['users'] as unknown[]))
    t.strictSame(new Set(gone), new Set(['d1', 'd2']))
    t.match(await watcher.request('core.game.presence.list', { room_id: 'r2' }), {
      data: {
        users: [
          { user_id: 'd3', connections: 1 },
          { user_id: 'watcher', connections: 1 },
        ],
        next_cursor: null,
        total: 2,
      },
    })
  })

  await t.test('who left gets nothing more, and may not speak', async (t) => {
    const [erin, frank] = await Promise.all([open('erin'), open('frank')])
    await Promise.all([join(erin, 'r3'), join(frank, 'r3')])
    t.match(await erin.request(LEAVE, { room_id: 'r3' }), { success: true, data: {} })
    t.match(await erin.request(LEAVE, { room_id: 'r3' }), { error: { code: 'NOT_IN_ROOM' } })
    await frank.request(BROADCAST, { message: 'after' }, { room: 'r3' })
    await frank.next(is(BROADCAST))
    await erin.request('core.game.session.ping', {})
    t.notOk(erin.events.some(is(BROADCAST)))
    t.match(await erin.request(BROADCAST, { message: 'x' }, { room: 'r3' }), { error: { code: 'NOT_IN_ROOM' } })
  })

  await t.test('retained state is given to who joins, read back, and outlives a restart', async (t) => {
    const gina = await open('gina')
    await join(gina, 'r4')
    await gina.request(BROADCAST, { message: { round: 1 }, retain: true }, { room: 'r4' })
    const { data } = await gina.request(BROADCAST, { message: { round: 2 }, retain: true }, { room: 'r4' })
    await gina.request(BROADCAST, { message: 'not kept' }, { room: 'r4' })
    const state = await gina.request('core.game.state.get', { room_id: 'r4' })
    t.match(state.data, { state: { round: 2 } })
    t.ok(Number(state.data?.['offset']) >= Number(data?.['offset']))
    await server.restart()
    const hugo = await open('hugo')
    t.match(await join(hugo, 'r4'), { data: { state: { round: 2 } } })
    t.match(await hugo.request('core.game.state.get', {}), { data: { state: null } }, 'the namespace has none')
  })

  await t.test('a room made by REST has its capacity, stays when empty, and is gone when deleted', async (t) => {
    const room = { room_id: 'duel', namespace: 'private', capacity: 2, delivery: 'latest', game: null }
    t.match(await server.admin('POST', '/api/v1/rooms', room), { ...room, members: 0, state: null })
    const [ivan, judy, kim] = await Promise.all([open('ivan'), open('judy'), open('kim')])
    await Promise.all([join(ivan, 'duel'), join(judy, 'duel')])
    t.match(await join(kim, 'duel'), { error: { code: 'ROOM_FULL', retryable: true, details: { capacity: 2 } } })
    t.match(await server.admin('GET', '/api/v1/rooms/duel'), { members: 2 })
    await ivan.request('core.game.state.broadcast', { message: 1, key: 'x' }, { room: 'duel' })
    await server.admin('POST', '/api/v1/broadcast', { namespace: 'private', room: 'duel', message: 2 })
    await until(() => judy.events.some(({ payload }) => payload?.['message'] === 2))
    const heard = judy.events.filter(({ eventType }) => eventType === 'core.game.state.broadcast')
    t.match(heard, [{ delivery: 'latest', payload: { message: 1, key: 'x' } }, { delivery: 'latest' }])
    await server.restart()
    t.match(await server.admin('GET', '/api/v1/rooms'), { items: [{ room_id: 'duel', members: 0 }] })
    await server.admin('DELETE', '/api/v1/rooms/duel')
    await t.rejects(server.admin('GET', '/api/v1/rooms/duel'), /404.*ROOM_NOT_FOUND/)
  })

  await t.test('a guest finds rooms of the guests only, and makes none', async (t) => {
    const guest = await open(undefined)
    t.match(await join(guest, 'nowhere'), { error: { code: 'ROOM_NOT_FOUND' } })
    await server.admin('POST', '/api/v1/rooms', { room_id: 'lobby', namespace: 'guest' })
    t.match(await join(guest, 'lobby'), { success: true, data: { members: 1 } })
    const player = await open('leo')
    t.match(await join(player, 'lobby'), { error: { code: 'ROOM_NOT_FOUND' } }, 'it is in another namespace')
  })

  await t.test('the 33rd room of a connection is refused', async (t) => {
    const mia = await open('mia')
    const replies = await Promise.all(Array.from({ length: 40 }, (_, i) => join(mia, `many-${i}`)))
    t.equal(replies.filter(({ success }) => success).length, 32)
    t.ok(replies.every(({ success, error }) => success || error?.code === 'ROOM_LIMIT'))
  })
})
