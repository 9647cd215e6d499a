/** The primary does not read what it is sent, as a process that was stopped: each request has an answer all the same, and what that says becomes true. */
import t from 'tap'
import type { Namespace, RoomId } from '../../src/protocol/ids.ts'
import { EVENT } from '../../src/protocol/events.ts'
import { lap } from '../helpers/games/lap.ts'
import { openHouse } from '../helpers/house/open-house.ts'
import { realHost } from '../helpers/house/real-host.ts'

/** More than a request waits. */
const LONG_MS = 6_000
const LATER = 'UNAVAILABLE'
const UNKNOWN = 'OUTCOME_UNKNOWN'

interface Row {
  readonly payload: object
  /** `$game`: a room with a game. */
  readonly room?: string
  /** What the answer says. */
  readonly says: 'ok' | typeof LATER | typeof UNKNOWN | 'TOKEN_INVALID'
}

const REQUESTS: Readonly<Record<string, Row>> = {
  [EVENT.broadcast]: { payload: { message: 1 }, room: 'r', says: UNKNOWN },
  [EVENT.sendMessage]: { payload: { target_user_id: 'witness', text: 'x' }, says: UNKNOWN },
  [EVENT.buyGood]: { payload: { good_id: 'sword', count: 1 }, says: UNKNOWN },
  [EVENT.roomJoin]: { payload: { room_id: 'new' }, says: LATER },
  [EVENT.roomLeave]: { payload: { room_id: 'r' }, says: 'ok' },
  [EVENT.roomFind]: { payload: { game: 'lap' }, says: LATER },
  [EVENT.roomList]: { payload: { game: 'lap' }, says: LATER },
  [EVENT.roomInput]: { payload: { name: 'go', input: { by: 1 } }, room: '$game', says: UNKNOWN },
  [EVENT.roomSnapshot]: { payload: {}, room: '$game', says: LATER },
  [EVENT.stateGet]: { payload: { room_id: 'r' }, says: LATER },
  [EVENT.presenceList]: { payload: {}, says: LATER },
  [EVENT.sessionRefresh]: { payload: { token: 'none' }, says: 'TOKEN_INVALID' },
  [EVENT.sessionPing]: { payload: {}, says: 'ok' },
}

const env = { WORKERS: '1', GAME_HOSTS: '1' }

for (const eventType of Object.values(EVENT)) {
  t.test(`${eventType}: it is answered, and once`, async (t) => {
    const { house, enter, pass } = await openHouse(t, { startHost: realHost([lap]), env })
    await enter('witness')
    const alice = await enter('alice')
    await alice.ask(EVENT.roomJoin, { room_id: 'r' })
    const found = await alice.ask(EVENT.roomFind, { game: 'lap' })
    const { room_id: game } = found.data as { room_id: string }
    const { payload, room, says } = REQUESTS[eventType] as Row
    const hear = house.worker(0).unheard()
    const id = alice.request(eventType, payload, room === undefined ? {} : { room: room === '$game' ? game : room })
    await pass(LONG_MS)
    const repliesTo = () => alice.replies.filter(({ replyTo }) => replyTo === id)
    t.equal(repliesTo()[0]?.error?.code ?? 'ok', says)
    if (says === LATER) t.match(repliesTo()[0], { error: { retryable: true, details: { retry_after_ms: Number } } })
    hear()
    await pass(LONG_MS)
    t.equal(repliesTo().length, 1)
    t.equal(alice.closed, undefined)
    t.match(await alice.ask(EVENT.presenceList, {}), { success: true }, 'the connection goes on')
  })
}

t.test('who was told that a room was not joined is not in it', async (t) => {
  const { house, enter, pass } = await openHouse(t, { startHost: realHost([lap]), env })
  const [alice, bob] = [await enter('alice'), await enter('bob')]
  await bob.ask(EVENT.roomJoin, { room_id: 'r' })
  const hear = house.worker(0).unheard()
  const ids = [
    alice.request(EVENT.roomJoin, { room_id: 'r' }),
    alice.request(EVENT.roomFind, { game: 'lap' }),
    alice.request(EVENT.broadcast, { message: 'behind a join' }, { room: 'r' }),
    alice.request(EVENT.roomJoin, { room_id: 's' }),
  ]
  await pass(LONG_MS)
  for (const id of ids) t.match(await alice.reply(id), { error: { code: LATER } })
  hear()
  await pass(LONG_MS)
  t.match(await alice.ask(EVENT.broadcast, { message: 1 }, { room: 'r' }), { error: { code: 'NOT_IN_ROOM' } })
  t.match(await bob.ask(EVENT.presenceList, { room_id: 'r' }), { data: { users: [{ user_id: 'bob' }] } })
  const { items } = await house.ask('gameRooms', {
    namespace: 'private' as Namespace,
    game: 'lap',
    where: {},
    limit: 10,
    cursor: null,
  })
  t.ok(
    items.every(({ seats }) => seats === 0),
    'nor is a seat taken',
  )
  t.strictSame(bob.heard, [])

  t.match(await alice.ask(EVENT.roomJoin, { room_id: 'r' as RoomId }), { success: true })
  await bob.ask(EVENT.broadcast, { message: 'hello' }, { room: 'r' })
  await alice.until(() => alice.heard.includes('hello'))
})

t.test('who leaves a room has left it, and joins it again behind that', async (t) => {
  const { house, enter, pass } = await openHouse(t, { env: { WORKERS: '1' } })
  const [alice, bob] = [await enter('alice'), await enter('bob')]
  for (const client of [alice, bob]) await client.ask(EVENT.roomJoin, { room_id: 'r' })
  const hear = house.worker(0).unheard()
  const left = alice.request(EVENT.roomLeave, { room_id: 'r' })
  await pass(LONG_MS)
  t.match(await alice.reply(left), { success: true })
  t.match(await alice.ask(EVENT.broadcast, { message: 1 }, { room: 'r' }), { error: { code: 'NOT_IN_ROOM' } })
  const back = alice.request(EVENT.roomJoin, { room_id: 'r' })
  hear()
  t.match(await alice.reply(back), { success: true })
  t.match(await bob.ask(EVENT.presenceList, { room_id: 'r' }), { data: { users: { length: 2 } } })
  await bob.ask(EVENT.broadcast, { message: 'hello' }, { room: 'r' })
  await alice.until(() => alice.heard.includes('hello'))
})

t.test('who was in a room already, and asks to join it, stays in it', async (t) => {
  const { house, enter, pass } = await openHouse(t, { env: { WORKERS: '1' } })
  const [alice, bob] = [await enter('alice'), await enter('bob')]
  for (const client of [alice, bob]) await client.ask(EVENT.roomJoin, { room_id: 'r' })
  const hear = house.worker(0).unheard()
  const again = alice.request(EVENT.roomJoin, { room_id: 'r' })
  await pass(LONG_MS)
  t.match(await alice.reply(again), { error: { code: LATER } })
  hear()
  await pass(LONG_MS)
  await bob.ask(EVENT.broadcast, { message: 'hello' }, { room: 'r' })
  await alice.until(() => alice.heard.includes('hello'))
})

t.test('while a client reads what it missed its requests wait for it, and not for too long', async (t) => {
  const { enter, pass } = await openHouse(t, { env: { WORKERS: '1' } })
  const [alice, bob] = [await enter('alice'), await enter('bob')]
  for (const client of [alice, bob]) await client.ask(EVENT.roomJoin, { room_id: 'r' })
  alice.cut()
  for (let i = 0; i < 60; i++) await bob.ask(EVENT.broadcast, { message: 'x'.repeat(8_000) }, { room: 'r' })
  const back = await alice.resume(['r'])
  back.wire.pause()
  const at = back.request(EVENT.stateGet, {})
  const behind = back.request(EVENT.stateGet, { room_id: 'r' })
  await pass(LONG_MS)
  back.wire.resume()
  for (const id of [at, behind]) t.match(await back.reply(id), { success: true })
})

t.test('what waits still counts: a client cannot pile up requests', async (t) => {
  const { house, enter, pass } = await openHouse(t, { env: { WORKERS: '1', MAX_CALLS_PER_CONNECTION: '10' } })
  const alice = await enter('alice')
  const hear = house.worker(0).unheard()
  const ask = () => Array.from({ length: 12 }, () => alice.request(EVENT.presenceList, {}))
  const first = ask()
  await pass(LONG_MS)
  const second = ask()
  await pass(100)
  const codesOf = async (ids: readonly string[]) => {
    return new Set(await Promise.all(ids.map(async (id) => (await alice.reply(id)).error?.code)))
  }
  t.strictSame(await codesOf(first), new Set([LATER, 'OVERLOADED']))
  t.strictSame(await codesOf(second), new Set(['OVERLOADED']), 'at once')
  hear()
  await pass(1_000)
  t.match(await alice.ask(EVENT.presenceList, {}), { success: true })
})
