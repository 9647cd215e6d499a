import t from 'tap'
import { openHouse } from '../helpers/house/open-house.ts'
import type { PlainClient } from '../helpers/house/plain-client.ts'

const JOIN = 'core.game.room.join'
const LEAVE = 'core.game.room.leave'
const LIST = 'core.game.presence.list'
const JOINED = 'core.game.presence.joined'
const LEFT = 'core.game.presence.left'
const TICK_MS = 1_000
const ENV = { PRESENCE_INTERVAL_MS: `${TICK_MS}` }

const payloadsOf = (client: PlainClient, type: string) =>
  client.events.flatMap(({ eventType, payload }) => (eventType === type ? [payload] : []))

t.test('who comes and who goes within a tick is told in one event of each kind', async (t) => {
  const { enter, enterAll, pass } = await openHouse(t, { env: ENV })
  const watcher = await enter('watcher')
  await watcher.ask(JOIN, { room_id: 'r' })
  await pass(TICK_MS)
  t.match(watcher.events, [
    { eventType: JOINED, userId: '@server', room: 'r', payload: { room_id: 'r', users: ['watcher'], members: 1 } },
  ])
  const others = await enterAll('a', 'b', 'c', 'd')
  for (const other of others) await other.ask(JOIN, { room_id: 'r' })
  await pass(TICK_MS)
  t.strictSame(payloadsOf(watcher, JOINED).slice(1), [{ room_id: 'r', users: ['a', 'b', 'c', 'd'], members: 5 }])
  await others[0]?.ask(LEAVE, { room_id: 'r' })
  await others[1]?.close()
  others[2]?.cut()
  await pass(2 * TICK_MS)
  const left = payloadsOf(watcher, LEFT).flatMap((payload) => payload?.['users'] ?? [])
  t.strictSame(new Set(left), new Set(['a', 'b', 'c']))
  t.equal(payloadsOf(watcher, LEFT).at(-1)?.['members'], 2)
})

t.test('who comes and goes within a tick is not told of, nor who goes and comes back', async (t) => {
  const { enter, pass } = await openHouse(t, { env: ENV })
  const [watcher, other] = [await enter('watcher'), await enter('other')]
  await watcher.ask(JOIN, { room_id: 'r' })
  await pass(TICK_MS)
  await other.ask(JOIN, { room_id: 'r' })
  await other.ask(LEAVE, { room_id: 'r' })
  await watcher.ask(LEAVE, { room_id: 'r' })
  await watcher.ask(JOIN, { room_id: 'r' })
  await pass(3 * TICK_MS)
  t.equal(watcher.events.length, 1, 'its own coming at first')
})

t.test(
  'who goes within the tick is told of if somebody who joined in between was told that they are there',
  async (t) => {
    const { house, enter, pass } = await openHouse(t, { env: ENV })
    const [alice, bob] = [await enter('alice'), await enter('bob')]
    await alice.ask(JOIN, { room_id: 'r' })
    await pass(TICK_MS)
    await bob.ask(JOIN, { room_id: 'r' })
    const second = await enter('alice', { worker: house.worker(1) })
    t.equal((await second.ask(JOIN, { room_id: 'r' })).data?.['members'], 2)
    await bob.ask(LEAVE, { room_id: 'r' })
    await pass(2 * TICK_MS)
    t.strictSame(payloadsOf(second, LEFT), [{ room_id: 'r', users: ['bob'], members: 1 }])
    t.equal(payloadsOf(alice, JOINED).length, 1, 'her own coming at first')
  },
)

t.test('who goes within the tick is told of if somebody has read that they are there', async (t) => {
  const { enter, pass } = await openHouse(t, { env: ENV })
  const [alice, bob] = [await enter('alice'), await enter('bob')]
  await alice.ask(JOIN, { room_id: 'r' })
  await pass(TICK_MS)
  await bob.ask(JOIN, { room_id: 'r' })
  t.equal((await alice.ask(LIST, { room_id: 'r' })).data?.['total'], 2)
  await bob.ask(LEAVE, { room_id: 'r' })
  await pass(2 * TICK_MS)
  t.strictSame(payloadsOf(alice, LEFT), [{ room_id: 'r', users: ['bob'], members: 1 }])
})

t.test('who comes back within the tick is told of if somebody was told that they are away', async (t) => {
  const { house, enter, pass } = await openHouse(t, { env: ENV })
  const [alice, bob] = [await enter('alice'), await enter('bob')]
  for (const client of [alice, bob]) await client.ask(JOIN, { room_id: 'r' })
  await pass(TICK_MS)
  await bob.ask(LEAVE, { room_id: 'r' })
  const second = await enter('alice', { worker: house.worker(1) })
  t.equal((await second.ask(JOIN, { room_id: 'r' })).data?.['members'], 1)
  await bob.ask(JOIN, { room_id: 'r' })
  await pass(2 * TICK_MS)
  t.strictSame(payloadsOf(second, JOINED), [{ room_id: 'r', users: ['bob'], members: 2 }])
})

t.test('a user with two devices comes with the first and goes with the last of them', async (t) => {
  const { house, enter, pass } = await openHouse(t, { env: ENV })
  const watcher = await enter('watcher')
  const devices = [
    await enter('bob', { worker: house.worker(0) }),
    await enter('bob', { worker: house.worker(1), encoding: 'msgpack' }),
  ]
  const [first, second] = devices
  await watcher.ask(JOIN, { room_id: 'r' })
  await first?.ask(JOIN, { room_id: 'r' })
  await pass(TICK_MS)
  const reply = await second?.ask(JOIN, { room_id: 'r' })
  t.equal(reply?.data?.['members'], 2, 'members are users')
  await pass(TICK_MS)
  t.equal(payloadsOf(watcher, JOINED).length, 1)
  const { data } = await watcher.ask(LIST, { room_id: 'r' })
  t.match(data, { users: [{ user_id: 'bob', connections: 2 }, { user_id: 'watcher' }], total: 2, next_cursor: null })
  await first?.close()
  await pass(TICK_MS)
  t.strictSame(payloadsOf(watcher, LEFT), [])
  await second?.ask(LEAVE, { room_id: 'r' })
  await pass(TICK_MS)
  t.strictSame(payloadsOf(watcher, LEFT), [{ room_id: 'r', users: ['bob'], members: 1 }])
})

t.test('a list comes in pages, of a room or of the namespace', async (t) => {
  const { enter, enterAll, enterAsGuest } = await openHouse(t)
  const alice = await enter('alice')
  const others = await enterAll('bob', 'carol', 'dave', 'erin')
  await enterAsGuest()
  for (const client of [alice, ...others.slice(0, 2)]) await client.ask(JOIN, { room_id: 'r' })
  const pages: unknown[] = []
  for (let cursor: unknown = null, more = true; more;) {
    const { data } = await alice.ask(LIST, { limit: 2, cursor })
    const { users = [] } = (data ?? {}) as { users?: { user_id: string }[] }
    pages.push(users.map(({ user_id }) => user_id))
    t.equal(data?.['total'], 5)
    cursor = data?.['next_cursor']
    more = cursor !== null
  }
  t.strictSame(pages, [['alice', 'bob'], ['carol', 'dave'], ['erin']])
  t.match(await alice.ask(LIST, { room_id: 'r', limit: 1 }), { data: { total: 3, next_cursor: 'alice' } })
  t.match(await alice.ask(LIST, { cursor: 'bobby', limit: 1 }), { data: { users: [{ user_id: 'carol' }] } })
  t.match(await alice.ask(LIST, {}, { room: 'r' }), { data: { total: 3 } }, 'the envelope may name the room')
  t.match(await others[3]?.ask(LIST, { room_id: 'r' }), { error: { code: 'NOT_IN_ROOM' } })
})

t.test('the users of a worker that dies are gone at once, and their rooms are told', async (t) => {
  const { house, enter, pass } = await openHouse(t, { env: ENV })
  const here = await enter('here', { worker: house.worker(0) })
  const there = await enter('there', { worker: house.worker(1) })
  for (const client of [here, there]) await client.ask(JOIN, { room_id: 'r' })
  await pass(TICK_MS)
  house.worker(1).kill()
  await pass(TICK_MS + 100)
  t.match(payloadsOf(here, LEFT), [{ users: ['there'], members: 1 }])
  t.match(await here.ask(LIST, {}), { data: { total: 1 } })
  t.match(there.closed, { code: 1006 })
})

t.test('an announcement that the store refuses is made with the next tick', async (t) => {
  const { house, enter, pass } = await openHouse(t, { env: ENV })
  const watcher = await enter('watcher')
  await watcher.ask(JOIN, { room_id: 'r' })
  house.faults.refused = 1
  await pass(3 * TICK_MS)
  t.strictSame(watcher.events, [])
  house.faults.refused = 0
  await pass(TICK_MS)
  t.strictSame(payloadsOf(watcher, JOINED), [{ room_id: 'r', users: ['watcher'], members: 1 }])
})
