import t from 'tap'
import { openHouse } from '../helpers/house/open-house.ts'

const BROADCAST = 'core.game.state.broadcast'
const MESSAGE = 'core.game.state.send_message'
const JOIN = 'core.game.room.join'
const PING = 'core.game.session.ping'

t.test("all of a connection's channels come in the one order of the log, in both encodings", async (t) => {
  for (const seed of [1, 2, 3]) {
    const { house, enter, enterAll } = await openHouse(t, { seed, env: { RATE_MESSAGES: '10000' } })
    const readers = await Promise.all(
      (['json', 'msgpack'] as const).flatMap((encoding) =>
        house.listening.map((worker) => enter('reader', { encoding, worker })),
      ),
    )
    const senders = await enterAll('a', 'b', 'c')
    for (const client of [...readers, ...senders]) await client.ask(JOIN, { room_id: 'r' })
    await house.time.pass(200)
    const from = readers.map(({ events }) => events.length)
    for (let n = 0; n < 60; n++) {
      const sender = house.chance.pick(senders)
      const roll = house.chance.fraction()
      if (roll < 0.4) sender.request(BROADCAST, { message: n }, { room: 'r' })
      else if (roll < 0.7) sender.request(BROADCAST, { message: n })
      else sender.request(MESSAGE, { target_user_id: 'reader', text: `${n}` })
      await house.time.pass(house.chance.fraction() * 10)
    }
    await house.time.pass(1_000)
    const offsets = readers.map(({ events }, i) => events.slice(from[i]).map(({ offset }) => Number(offset)))
    t.equal(offsets[0]?.length, 60)
    t.strictSame(
      offsets[0],
      offsets[0]?.toSorted((a, b) => a - b),
    )
    for (const other of offsets.slice(1)) t.strictSame(other, offsets[0], 'each connection has the same order')
    for (const { events } of readers) {
      const last = new Map<string, number>()
      for (const { eventType, room, offset, prev } of events) {
        const channel = `${String(room)} ${String(eventType === MESSAGE)}`
        if (last.has(channel) && prev !== last.get(channel))
          t.fail(`${String(prev)} is not the event before ${String(offset)}`)
        last.set(channel, Number(offset))
      }
    }
    await house.close()
  }
})

t.test('the reply to a join comes behind what was said before it, and before what is said after it', async (t) => {
  for (const seed of [1, 2, 3, 4]) {
    const { house, enter } = await openHouse(t, { seed, env: { FLUSH_INTERVAL_MS: '200' } })
    const [alice, bob] = [await enter('alice'), await enter('bob')]
    await alice.ask(JOIN, { room_id: 'r' })
    await alice.ask(BROADCAST, { message: 'leaves at once' })
    for (let n = 0; n < 5; n++) await alice.ask(BROADCAST, { message: n })
    // What is gathered waits for the interval; the join does not, and takes it along.
    const fromMs = house.time.nowMs
    const { data } = await bob.ask(JOIN, { room_id: 'r' })
    t.ok(house.time.nowMs - fromMs < 100)
    const before = bob.heard.length
    t.equal(before, 6, 'all that was gathered was before the reply')
    t.ok(bob.events.every(({ offset }) => Number(offset) <= Number(data?.['offset'])))
    await house.close()
  }
})

t.test('the reply to a broadcast does not wait for the events that are gathered', async (t) => {
  const { house, enter } = await openHouse(t, { env: { FLUSH_INTERVAL_MS: '500' } })
  const [alice, bob] = [await enter('alice'), await enter('bob')]
  await alice.ask(BROADCAST, { message: 'leaves at once' })
  await bob.until(() => bob.heard.length === 1)
  const fromMs = house.time.nowMs
  t.ok((await alice.ask(BROADCAST, { message: 'gathered' })).success)
  t.ok((await alice.ask(PING, {})).success)
  t.match(await alice.ask(MESSAGE, { target_user_id: 'bob', text: 'gathered' }), { data: { delivered: 1 } })
  t.ok(house.time.nowMs - fromMs < 100)
  t.equal(bob.heard.length, 1)
  await bob.until(() => bob.events.length === 3)
  t.ok(house.time.nowMs - fromMs <= 520)
})

t.test('an event that comes after a quiet time leaves at once', async (t) => {
  const { house, enter } = await openHouse(t, { env: { FLUSH_INTERVAL_MS: '500' } })
  const [alice, bob] = [await enter('alice'), await enter('bob')]
  for (let n = 1; n <= 3; n++) {
    await house.time.pass(1_000)
    const fromMs = house.time.nowMs
    alice.request(BROADCAST, { message: n })
    await bob.until(() => bob.heard.length === n)
    t.ok(house.time.nowMs - fromMs < 20)
  }
})

t.test('a message reaches all devices of its user on all workers, and nobody else', async (t) => {
  const { house, enter, enterAsGuest } = await openHouse(t)
  const devices = await Promise.all(
    [0, 0, 1].map((place, i) => enter('bob', { worker: house.worker(place), encoding: i === 1 ? 'msgpack' : 'json' })),
  )
  const [alice, carol, guest] = [await enter('alice'), await enter('carol'), await enterAsGuest()]
  const { data } = await alice.ask(MESSAGE, { target_user_id: 'bob', data: { hello: ['b', 0, 'b'] } })
  t.equal(data?.['delivered'], 3)
  for (const bob of devices) {
    await bob.until(() => bob.events.length === 1)
    t.match(bob.events, [{ userId: 'alice', offset: data?.['offset'], payload: { data: { hello: ['b', 0, 'b'] } } }])
    t.notOk('room' in (bob.events[0] ?? {}))
  }
  await house.time.pass(1_000)
  for (const other of [alice, carol, guest]) t.strictSame(other.events, [])
  t.match(await alice.ask(MESSAGE, { target_user_id: guest.userId, text: 'welcome' }), { data: { delivered: 1 } })
  t.match(await alice.ask(MESSAGE, { target_user_id: 'nobody', text: 'x' }), {
    error: { code: 'USER_OFFLINE', retryable: true },
  })
})

t.test('an event of a room reaches its members, and nobody else; one of a namespace not the other one', async (t) => {
  const { house, enter, enterAsGuest } = await openHouse(t)
  const [alice, bob, carol, guest] = [
    await enter('alice'),
    await enter('bob', { encoding: 'msgpack' }),
    await enter('carol'),
    await enterAsGuest(),
  ]
  for (const member of [alice, bob]) await member.ask(JOIN, { room_id: 'r' })
  const { data } = await alice.ask(BROADCAST, { message: { move: 'e4' } }, { room: 'r' })
  await house.time.pass(500)
  for (const member of [alice, bob]) {
    t.strictSame(member.heard, [{ move: 'e4' }])
    const event = member.events.find(({ eventType }) => eventType === BROADCAST)
    t.match(event, { offset: data?.['offset'], room: 'r', userId: 'alice', namespace: 'private' })
  }
  await alice.ask(BROADCAST, { message: 'players' })
  await guest.ask(BROADCAST, { message: 'guests' })
  await house.time.pass(500)
  t.strictSame(carol.heard, ['players'])
  t.strictSame(guest.heard, ['guests'])
})

t.test('what the store refuses is not delivered, and what it did without an answer is, once', async (t) => {
  const { house, enter } = await openHouse(t)
  const [alice, bob] = [await enter('alice'), await enter('bob')]
  house.faults.refused = 1
  t.match(await alice.ask(BROADCAST, { message: 'refused' }), { error: { code: 'UNAVAILABLE', retryable: true } })
  house.faults.refused = 0
  house.faults.unanswered = 1
  t.match(await alice.ask(BROADCAST, { message: 'unanswered' }), { error: { code: 'OUTCOME_UNKNOWN' } })
  house.faults.unanswered = 0
  house.faults.lost = 1
  t.match(await alice.ask(BROADCAST, { message: 'lost' }), { error: { code: 'OUTCOME_UNKNOWN' } })
  house.faults.lost = 0
  await alice.ask(BROADCAST, { message: 'well' })
  await house.time.pass(1_000)
  t.strictSame(bob.heard, ['unanswered', 'well'])
})

t.test('an event that has to wait for the interval waits until its end, and not longer', async (t) => {
  const { house, enter } = await openHouse(t, { env: { FLUSH_INTERVAL_MS: '300' } })
  const [alice, bob] = [await enter('alice'), await enter('bob')]
  await house.time.pass(1_000)
  await alice.ask(BROADCAST, { message: 1 })
  await bob.until(() => bob.heard.length === 1)
  const fromMs = house.time.nowMs
  for (let n = 2; n <= 5; n++) alice.request(BROADCAST, { message: n })
  await bob.until(() => bob.heard.length > 1)
  const waitedMs = house.time.nowMs - fromMs
  await house.time.pass(20)
  t.strictSame(bob.heard, [1, 2, 3, 4, 5], 'all of them')
  t.ok(waitedMs > 250 && waitedMs < 320, `${waitedMs} ms`)
})
