import t from 'tap'
import { openClient, type TestClient } from '../helpers/client.ts'
import { startServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

const BROADCAST = 'core.game.state.broadcast'
const MESSAGE = 'core.game.state.send_message'
const JOIN = 'core.game.room.join'
const LEAVE = 'core.game.room.leave'

t.test('requests that are sent together', async (t) => {
  const server = await startServer(t)
  const clients: TestClient[] = []
  t.teardown(() => clients.forEach((client) => client.terminate()))
  const open = async (user?: string) => {
    const client = await openClient(server, user === undefined ? {} : { token: server.mint(user) })
    clients.push(client)
    return client
  }

  await t.test('a join and a leave in one packet leave the connection outside, also for events', async (t) => {
    const [alice, bob] = await Promise.all([open('alice'), open('bob')])
    await bob.request(JOIN, { room_id: 'r1' })
    for (let i = 0; i < 5; i++) {
      const [joined, left] = await Promise.all([
        alice.request(JOIN, { room_id: 'r1' }),
        alice.request(LEAVE, { room_id: 'r1' }),
      ])
      t.ok(joined.success && left.success)
    }
    await bob.request(BROADCAST, { message: 'after' }, { room: 'r1' })
    await bob.next(({ eventType }) => eventType === BROADCAST)
    await alice.request('core.game.session.ping', {})
    t.notOk(alice.events.some(({ eventType }) => eventType === BROADCAST))
    t.match(await alice.request(LEAVE, { room_id: 'r1' }), { error: { code: 'NOT_IN_ROOM' } })
  })

  await t.test('a request behind a join is carried out in the room', async (t) => {
    const carol = await open('carol')
    const [joined, said, state] = await Promise.all([
      carol.request(JOIN, { room_id: 'r2' }),
      carol.request(BROADCAST, { message: 'first', retain: true }, { room: 'r2' }),
      carol.request('core.game.state.get', { room_id: 'r2' }),
    ])
    t.ok(joined.success && said.success && state.success)
    t.match(await carol.next(({ eventType }) => eventType === BROADCAST), { payload: { message: 'first' } })
  })

  await t.test('behind a join that is refused nothing of the room can be read or said', async (t) => {
    const dave = await open('dave')
    await server.admin('POST', '/api/v1/rooms', { room_id: 'full', namespace: 'private', capacity: 1 })
    await dave.request(JOIN, { room_id: 'full' })
    await dave.request(BROADCAST, { message: 'secret', retain: true }, { room: 'full' })
    for (const [user, code] of [
      ['mallory', 'ROOM_FULL'],
      [undefined, 'ROOM_NOT_FOUND'],
    ] as const) {
      const other = await open(user)
      const replies = await Promise.all([
        other.request(JOIN, { room_id: 'full' }),
        other.request('core.game.state.get', { room_id: 'full' }),
        other.request('core.game.presence.list', { room_id: 'full' }),
        other.request(BROADCAST, { message: 'x', retain: true }, { room: 'full' }),
      ])
      t.strictSame(
        replies.map(({ error }) => error?.code),
        [code, 'NOT_IN_ROOM', 'NOT_IN_ROOM', 'NOT_IN_ROOM'],
      )
    }
    t.match(await dave.request('core.game.state.get', { room_id: 'full' }), { data: { state: 'secret' } })
  })

  await t.test('a room in the envelope of a message must be joined, and is not passed on', async (t) => {
    const [erin, frank] = await Promise.all([open('erin'), open('frank')])
    const message = { target_user_id: 'frank', text: 'hi' }
    t.match(await erin.request(MESSAGE, message, { room: 'not-mine' }), { error: { code: 'NOT_IN_ROOM' } })
    await erin.request(JOIN, { room_id: 'r3' })
    t.ok((await erin.request(MESSAGE, message, { room: 'r3' })).success)
    const event = await frank.next(({ eventType }) => eventType === MESSAGE)
    t.notOk('room' in event)
  })

  await t.test('a room that is deleted has no members any more, and their connections stay', async (t) => {
    const gina = await open('gina')
    await gina.request(JOIN, { room_id: 'r4' })
    await server.admin('DELETE', '/api/v1/rooms/r4')
    // Her worker may hear of it a moment later.
    const isOutside = async () =>
      (await gina.request(BROADCAST, { message: 'x' }, { room: 'r4' })).error?.code === 'NOT_IN_ROOM'
    t.ok(await until(isOutside))
    t.notOk(gina.isClosed)
  })
})

t.test('requests during a long replay are answered, and those about rooms after it', async (t) => {
  const server = await startServer(t, { RATE_MESSAGES: '100000', RATE_BYTES: '1GiB' })
  const token = server.mint('alice')
  const first = await openClient(server, { token })
  const { ready } = first
  first.terminate()
  const sender = await openClient(server, { token: server.mint('sender') })
  const large = 'x'.repeat(10_000)
  await Promise.all(Array.from({ length: 300 }, (_, i) => sender.request(BROADCAST, { message: [i, large] })))
  const since = `${String(ready['epoch'])}:${String(ready['offset'])}`
  const back = await openClient(server, { token, query: { resume: String(ready['resume_token']), since } })
  const [pings, joined] = await Promise.all([
    Promise.all(Array.from({ length: 100 }, () => back.request('core.game.session.ping', {}))),
    back.request(JOIN, { room_id: 'arena' }),
  ])
  t.ok(pings.every(({ success }) => success))
  t.ok(joined.success)
  t.match(back.ready, { recovered: true, replayed: 300 })
  t.strictSame(
    back.events
      .filter(({ eventType }) => eventType === BROADCAST)
      .map(({ payload }) => (payload as { message: readonly number[] }).message[0]),
    Array.from({ length: 300 }, (_, i) => i),
  )
  for (const client of [back, sender]) client.terminate()
})
