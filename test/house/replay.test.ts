import t from 'tap'
import type { RoomId } from '../../src/protocol/ids.ts'
import { openHouse, type OpenHouse } from '../helpers/house/open-house.ts'
import { PlainClient } from '../helpers/house/plain-client.ts'

const BROADCAST = 'core.game.state.broadcast'
const JOIN = 'core.game.room.join'
const PING = 'core.game.session.ping'
const PART_BYTES = 64 * 1024
const PADDING = 'x'.repeat(10_000)
/** As much as fits into three parts. */
const MISSED = 16
const NUMBERS = Array.from({ length: MISSED }, (_, n) => n)

async function say(sender: PlainClient, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n++) await sender.ask(BROADCAST, { message: n, pad: PADDING })
}

/** Alice was there, and is cut off while bob goes on. */
async function miss({ enter }: OpenHouse) {
  const [alice, bob] = [await enter('alice'), await enter('bob')]
  alice.cut()
  await say(bob, 0, MISSED)
  return { alice, bob }
}

/** Resumes without reading. */
function resumePaused(house: OpenHouse['house'], alice: PlainClient): PlainClient {
  const back = new PlainClient(house, { user: 'alice', query: alice.resumeQuery() })
  back.wire.pause()
  return back
}

t.test('a replay comes in parts, the next one when the one before was read', async (t) => {
  const open = await openHouse(t)
  const { alice, bob } = await miss(open)
  const back = resumePaused(open.house, alice)
  await open.pass(1_000)
  const waiting = back.wire.waitingBytes
  t.ok(waiting > PART_BYTES / 2 && waiting < PART_BYTES + 1_000, `${waiting} bytes wait: one part and the first frame`)
  const ping = back.request(PING, {})
  back.wire.resume()
  t.ok((await back.reply(ping)).success)
  await back.until(() => back.heard.length === MISSED)
  t.strictSame(back.heard, NUMBERS)
  t.match(back.ready, { recovered: true, replayed: MISSED })
  await say(bob, MISSED, MISSED + 1)
  await back.until(() => back.heard.length > MISSED)
  t.equal(back.heard.at(-1), MISSED)
})

t.test('what is said while a reader pauses in its replay comes behind it, once', async (t) => {
  const open = await openHouse(t)
  const { alice, bob } = await miss(open)
  const back = resumePaused(open.house, alice)
  await open.pass(100)
  await say(bob, MISSED, MISSED + 4)
  back.wire.resume()
  back.wire.pause()
  await open.pass(100)
  await say(bob, MISSED + 4, MISSED + 8)
  back.wire.resume()
  await back.until(() => back.heard.length >= MISSED + 8)
  await open.pass(1_000)
  t.strictSame(
    back.heard,
    Array.from({ length: MISSED + 8 }, (_, n) => n),
  )
})

t.test(
  'history that goes while it is replayed ends the connection with 4005, and a resume says HISTORY_GONE',
  async (t) => {
    const open = await openHouse(t, { env: { HISTORY_BYTES: '256KiB' } })
    const { alice, bob } = await miss(open)
    const back = resumePaused(open.house, alice)
    await open.pass(100)
    await say(bob, MISSED, MISSED + 30)
    back.wire.resume()
    t.match(await back.end(), { code: 4005, reason: /resume/ })
    t.match(back.ready, { recovered: true })
    t.strictSame(back.heard, NUMBERS.slice(0, back.heard.length), 'what came was in order')
    t.ok(back.heard.length < MISSED)
  },
)

t.test('a replay has the events of all channels of the connection, and of no other', async (t) => {
  const { enter } = await openHouse(t)
  const [alice, bob] = [await enter('alice'), await enter('bob')]
  for (const room_id of ['mine', 'other']) await bob.ask(JOIN, { room_id })
  alice.cut()
  await alice.end()
  const aliceAgain = await enter('alice')
  for (const [n, room] of ['mine', 'other', undefined, 'mine'].entries()) {
    await bob.ask(BROADCAST, { message: n }, room === undefined ? {} : { room })
  }
  await bob.ask('core.game.state.send_message', { target_user_id: 'alice', text: 'to alice' })
  await bob.ask('core.game.state.send_message', { target_user_id: 'bob', text: 'to bob' })
  aliceAgain.cut()
  const back = await alice.resume(['mine'])
  await back.until(() => back.events.length >= Number(back.ready['replayed']))
  t.strictSame(back.heard, [0, 2, 3])
  const texts = back.events.flatMap(({ payload }) => payload?.['text'] ?? [])
  t.strictSame(texts, ['to alice'])
})

t.test('many that come back at once each get all of it', async (t) => {
  const open = await openHouse(t, { env: { WORKERS: '1' } })
  const users = Array.from({ length: 40 }, (_, i) => `user-${i}`)
  const clients = await open.enterAll(...users)
  const bob = await open.enter('bob')
  for (const client of clients) client.cut()
  await say(bob, 0, MISSED)
  const backs = await Promise.all(clients.map((client) => client.resume()))
  await open.house.time.until(() => backs.every((back) => back.heard.length >= MISSED), 10_000)
  for (const back of backs) t.strictSame(back.heard, NUMBERS)
})

t.test('who goes while it is replayed costs nobody else its part', async (t) => {
  const open = await openHouse(t, { env: { WORKERS: '1' } })
  const clients = await open.enterAll(...Array.from({ length: 20 }, (_, i) => `user-${i}`))
  const bob = await open.enter('bob')
  for (const client of clients) client.cut()
  await say(bob, 0, MISSED)
  const resuming = clients.map((client) => client.resume())
  await open.pass(8)
  for (const wire of open.house.network.wires.slice(1, 15)) wire.cut({ clientMs: 0, serverMs: 0 })
  const backs = await Promise.all(resuming)
  await open.pass(2_000)
  const left = backs.filter(({ closed }) => closed === undefined)
  t.ok(left.length >= 5 && left.length < 20)
  for (const back of left) t.strictSame(back.heard, NUMBERS)
  t.equal(open.house.node.context.registry.countHere, left.length + 1)
})

t.test('clients that go while a part is on its way keep nothing of what others may ask for', async (t) => {
  const open = await openHouse(t, { env: { WORKERS: '1' } })
  const { alice, bob } = await miss(open)
  const backs = Array.from({ length: 60 }, () => resumePaused(open.house, alice))
  await open.pass(200)
  for (const { wire } of backs) {
    wire.resume()
    wire.cut({ clientMs: 0, serverMs: 0 })
  }
  await open.pass(1_000)
  const back = await alice.resume()
  await back.until(() => back.heard.length === MISSED)
  t.strictSame(back.heard, NUMBERS)
  t.ok((await bob.ask(PING, {})).success)
})

t.test('a room that is closed during a replay is in it to its end: as many events come as were said', async (t) => {
  const open = await openHouse(t)
  await open.makeRoom('hall')
  const [alice, bob] = await open.enterAll('alice', 'bob')
  if (!alice || !bob) throw new Error('nobody')
  for (const client of [alice, bob]) await client.ask(JOIN, { room_id: 'hall' })
  alice.cut()
  for (const n of NUMBERS) await bob.ask(BROADCAST, { message: n, pad: PADDING }, { room: 'hall' })
  const query = { ...alice.resumeQuery(), rooms: 'hall' }
  const back = new PlainClient(open.house, { user: 'alice', query })
  back.wire.pause()
  await open.pass(1_000)
  await open.house.ask('roomDelete', { room: 'hall' as RoomId, ifTag: null })
  back.wire.resume()
  await back.until(() => back.frames.length > 0)
  const replayed = Number(back.ready['replayed'])
  await open.pass(5_000)
  t.ok(replayed >= MISSED, `${replayed} were said to follow`)
  t.strictSame(back.heard, NUMBERS)
})
