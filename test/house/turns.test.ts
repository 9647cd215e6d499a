import t from 'tap'
import { openHouse } from '../helpers/house/open-house.ts'

const BROADCAST = 'core.game.state.broadcast'
const MESSAGE = 'core.game.state.send_message'
const JOIN = 'core.game.room.join'
const LEAVE = 'core.game.room.leave'
const STATE = 'core.game.state.get'
const PRESENCE = 'core.game.presence.list'
const PING = 'core.game.session.ping'
const SEEDS = [1, 2, 3, 4, 5]

for (const seed of SEEDS) {
  t.test(`joins and leaves that are sent together are carried out in their order: seed ${seed}`, async (t) => {
    const { house, enter } = await openHouse(t, { seed })
    house.faults.delayMs = 20
    const [alice, bob] = [await enter('alice'), await enter('bob')]
    await bob.ask(JOIN, { room_id: 'r' })
    const ids = Array.from({ length: 6 }, (_, i) => alice.request(i % 2 === 0 ? JOIN : LEAVE, { room_id: 'r' }))
    const replies = await Promise.all(ids.map((id) => alice.reply(id)))
    t.ok(replies.every(({ success }) => success))
    t.strictSame(
      alice.replies.map(({ replyTo }) => replyTo),
      ids,
      'and answered in it',
    )
    await bob.ask(BROADCAST, { message: 'after' }, { room: 'r' })
    await alice.ask(PING, {})
    t.notOk(alice.heard.includes('after'), 'in the end it is outside')
    t.match(await alice.ask(LEAVE, { room_id: 'r' }), { error: { code: 'NOT_IN_ROOM' } })
    t.equal(house.node.context.directory.membersOf('r' as never).size, 1)
  })
}

t.test('what is asked for behind a join is carried out in the room', async (t) => {
  const { house, enter } = await openHouse(t)
  house.faults.delayMs = 50
  const alice = await enter('alice')
  const ids = [
    alice.request(JOIN, { room_id: 'r' }),
    alice.request(BROADCAST, { message: 'first', retain: true }, { room: 'r' }),
    alice.request(STATE, { room_id: 'r' }),
    alice.request(PRESENCE, { room_id: 'r' }),
    alice.request(MESSAGE, { target_user_id: 'alice', text: 'hi' }, { room: 'r' }),
  ]
  for (const id of ids) t.ok((await alice.reply(id)).success, id)
  t.equal(alice.replies[0]?.replyTo, ids[0], 'the join is answered first')
  await alice.until(() => alice.heard.length === 1)
  t.strictSame(alice.heard, ['first'])
})

t.test('behind a join that is refused nothing of the room can be read or said', async (t) => {
  const { enter, enterAsGuest, makeRoom } = await openHouse(t)
  await makeRoom('full', { capacity: 1 })
  const dave = await enter('dave')
  await dave.ask(JOIN, { room_id: 'full' })
  await dave.ask(BROADCAST, { message: 'secret', retain: true }, { room: 'full' })
  const outsiders = [
    { other: await enter('mallory'), code: 'ROOM_FULL' },
    { other: await enterAsGuest(), code: 'ROOM_NOT_FOUND' },
  ]
  for (const { other, code } of outsiders) {
    const ids = [
      other.request(JOIN, { room_id: 'full' }),
      other.request(STATE, { room_id: 'full' }),
      other.request(PRESENCE, { room_id: 'full' }),
      other.request(BROADCAST, { message: 'x', retain: true }, { room: 'full' }),
      other.request(LEAVE, { room_id: 'full' }),
    ]
    const replies = await Promise.all(ids.map((id) => other.reply(id)))
    t.strictSame(
      replies.map(({ error }) => error?.code),
      [code, 'NOT_IN_ROOM', 'NOT_IN_ROOM', 'NOT_IN_ROOM', 'NOT_IN_ROOM'],
    )
  }
  t.match(await dave.ask(STATE, { room_id: 'full' }), { data: { state: 'secret' } })
  t.strictSame(dave.heard, ['secret'])
})

t.test('what is asked of a room waits for the joins before it, and a ping does not', async (t) => {
  const { house, enter } = await openHouse(t)
  house.faults.delayMs = 100
  const alice = await enter('alice')
  const joins = ['r1', 'r2'].map((room_id) => alice.request(JOIN, { room_id }))
  const ping = alice.request(PING, {})
  const state = alice.request(STATE, { room_id: 'r1' })
  await alice.reply(String(joins[0]))
  // One of the two joins is still under way.
  const later = alice.request(STATE, { room_id: 'r1' })
  await Promise.all([state, later].map((id) => alice.reply(id)))
  const answered = alice.replies.map(({ replyTo }) => replyTo)
  t.strictSame(answered.slice(0, 3), [ping, ...joins])
  t.strictSame(new Set(answered.slice(3)), new Set([state, later]))
})

t.test('a ping does not wait for a broadcast', async (t) => {
  const { house, enter } = await openHouse(t)
  house.faults.delayMs = 100
  const alice = await enter('alice')
  const said = alice.request(BROADCAST, { message: 1 })
  const ping = alice.request(PING, {})
  await alice.reply(said)
  t.strictSame(
    alice.replies.map(({ replyTo }) => replyTo),
    [ping, said],
  )
})

t.test('requests of two connections do not wait for each other', async (t) => {
  const { house, enter } = await openHouse(t, { env: { WORKERS: '1' } })
  const [alice, bob] = [await enter('alice'), await enter('bob')]
  house.faults.delayMs = 10_000
  const fromMs = house.time.nowMs
  alice.request(JOIN, { room_id: 'r' })
  t.ok((await bob.ask(PING, {})).success)
  t.ok(house.time.nowMs - fromMs < 100)
})

t.test('more that waits for a join than is kept is refused, and what is kept is carried out', async (t) => {
  const { house, enter } = await openHouse(t)
  const alice = await enter('alice')
  house.faults.delayMs = 300
  const join = alice.request(JOIN, { room_id: 'r' })
  const reads = Array.from({ length: 300 }, () => alice.request(STATE, { room_id: 'r' }))
  t.ok((await alice.reply(join)).success)
  const replies = await Promise.all(reads.map((id) => alice.reply(id)))
  t.equal(replies.filter(({ success }) => success).length, 256)
  const refused = replies.filter(({ error }) => error?.code === 'RATE_LIMITED')
  t.equal(refused.length, 44)
  t.match(refused[0], { error: { details: { retry_after_ms: 100 } } })
})

t.test('what has waited for a join that the store does not answer is refused in time, and not begun', async (t) => {
  const { house, enter, pass } = await openHouse(t)
  const alice = await enter('alice')
  house.faults.delayMs = 1_000_000
  const fromMs = house.time.nowMs
  const join = alice.request(JOIN, { room_id: 'r' })
  const said = alice.request(BROADCAST, { message: 'too late' }, { room: 'r' })
  const replies = await Promise.all([join, said].map((id) => alice.reply(id)))
  t.ok(house.time.nowMs - fromMs < 2_100)
  for (const reply of replies) t.match(reply, { success: false, error: { code: /^(UNAVAILABLE|NOT_IN_ROOM)$/ } })
  house.faults.delayMs = 0
  await pass(1_000)
  t.strictSame(house.log.filter(({ channel }) => String(channel).includes('r/')).length, 0)
  t.strictSame(alice.heard, [])
})

t.test('a client that goes while its joins wait is in none of the rooms', async (t) => {
  const { house, enter, pass } = await openHouse(t)
  const [alice, bob] = [await enter('alice'), await enter('bob')]
  house.faults.delayMs = 200
  for (let i = 0; i < 10; i++) alice.request(JOIN, { room_id: `r${i}` })
  await pass(150)
  alice.cut()
  await pass(5_000)
  t.strictSame(house.node.context.directory.ids(), [])
  t.equal(house.node.context.registry.countHere, 1)
  t.ok((await bob.ask(PING, {})).success)
})

t.test('a join during a replay comes after it, and a ping does not', async (t) => {
  const { enter } = await openHouse(t)
  const [alice, bob] = [await enter('alice'), await enter('bob')]
  alice.cut()
  for (let i = 0; i < 20; i++) await bob.ask(BROADCAST, { message: i })
  for (let i = 20; i < 50; i++) await bob.ask(BROADCAST, { message: [i, 'x'.repeat(10_000)] })
  const back = await alice.resume()
  back.wire.pause()
  const join = back.request(JOIN, { room_id: 'r' })
  const ping = back.request(PING, {})
  await bob.ask(PING, {})
  back.wire.resume()
  await Promise.all([back.reply(join), back.reply(ping)])
  const last = back.frames.findLastIndex(({ eventType }) => eventType === BROADCAST)
  const joined = back.frames.findIndex((frame) => frame['replyTo'] === join)
  t.equal(back.heard.length, 50)
  t.ok(joined > last, 'the join is answered behind the replay')
})
