import t, { type Test } from 'tap'
import type { Namespace, RoomId } from '../../src/protocol/ids.ts'
import { EVENT } from '../../src/protocol/events.ts'
import { openHouse, type OpenHouse } from '../helpers/house/open-house.ts'
import type { PlainClient } from '../helpers/house/plain-client.ts'

const ADDRESS = '192.0.2.7'
const SECONDS = 10
/** So many seconds' worth may come at once. */
const BURST_S = 4

/** A request of each type that is carried out. A game of that name is not there, and the shop has no such good: the answer costs all the same. */
const REQUESTS: Readonly<Record<string, { readonly payload: object; readonly room?: string }>> = {
  [EVENT.broadcast]: { payload: { message: 1 }, room: 'r' },
  [EVENT.sendMessage]: { payload: { target_user_id: 'bob', text: 'x' } },
  [EVENT.buyGood]: { payload: { good_id: 'none', count: 1 } },
  [EVENT.roomJoin]: { payload: { room_id: 'r' } },
  [EVENT.roomLeave]: { payload: { room_id: 'r2' } },
  [EVENT.roomFind]: { payload: { game: 'none' } },
  [EVENT.roomList]: { payload: { game: 'none' } },
  [EVENT.roomInput]: { payload: { name: 'x', input: 1 }, room: 'r' },
  [EVENT.roomSnapshot]: { payload: {}, room: 'r' },
  [EVENT.stateGet]: { payload: { room_id: 'r' } },
  [EVENT.presenceList]: { payload: {} },
  [EVENT.sessionRefresh]: { payload: { token: 'none' } },
  [EVENT.sessionPing]: { payload: {} },
}

/** Limits so low that each request meets them, and everything else far away. */
const FAR = {
  RATE_MESSAGES: '100000',
  RATE_BYTES: '1GiB',
  RATE_PURCHASES: '100000',
  HISTORY_FLOOR: '0s',
  WORKERS: '2',
}
const LIMITS = {
  RATE_MESSAGES_PER_USER: { value: '20', unit: () => 1, most: 20 },
  // By the bytes of replies, about; who asks pays for what was asked, too.
  RATE_BYTES_PER_USER: { value: '4KiB', unit: (reply: object) => JSON.stringify(reply).length, most: 4096 },
} as const

/** Six connections of one user, or of guests of one address, on two workers. */
async function openSix({ house, enter, enterAsGuest, makeRoom }: OpenHouse, as: 'private' | 'guest') {
  await enter('bob')
  if (as === 'guest') await makeRoom('r', { namespace: 'guest' as Namespace })
  const six: PlainClient[] = []
  for (let i = 0; i < 6; i++) {
    const worker = house.worker(i % 2)
    six.push(await (as === 'private' ? enter('alice', { worker }) : enterAsGuest({ worker, address: ADDRESS })))
  }
  for (const client of six) await client.ask(EVENT.roomJoin, { room_id: 'r' })
  return six
}

function isLimited({ error }: { readonly error?: { readonly code: string } }): boolean {
  return error?.code === 'RATE_LIMITED'
}

for (const [limit, { value, unit, most }] of Object.entries(LIMITS)) {
  for (const as of ['private', 'guest'] as const) {
    t.test(`${limit} holds over all connections, on all workers, for each request: ${as}`, async (t) => {
      const env = { ...FAR, [limit]: value, GUEST_DENIED_EVENTS: 'none', GUESTS_MESSAGE_PLAYERS: 'true' }
      const open = await openHouse(t, { env })
      const six = await openSix(open, as)
      for (const eventType of Object.values(EVENT)) {
        const { payload, room } = REQUESTS[eventType] as (typeof REQUESTS)[string]
        // Full again.
        await open.pass(BURST_S * 2_000)
        for (const client of six) client.frames.length = 1
        for (let i = 0; i < SECONDS * 4; i++) {
          for (const client of six) {
            for (let n = 0; n < 10; n++) client.request(eventType, payload, room === undefined ? {} : { room })
          }
          await open.pass(250)
        }
        await open.pass(1_000)
        const replies = six.flatMap((client) => client.replies)
        const passed = replies.filter((reply) => !isLimited(reply))
        const taken = passed.reduce((sum, reply) => sum + unit(reply), 0)
        const may = most * (SECONDS + BURST_S + 1)
        t.ok(taken <= may, `${eventType}: ${taken} of ${may}`)
        if (limit === 'RATE_MESSAGES_PER_USER')
          t.ok(taken >= may / 2, `${eventType}: no less than half of it: ${taken}`)
        t.ok(passed.length < replies.length && passed.length > 0, `${eventType}: some were refused, some were not`)
        const refused = replies.find(isLimited)
        t.ok(Number(refused?.error?.details?.['retry_after_ms']) > 0, `${eventType}: with a time`)
        if (as === 'private' && six.some(({ closed }) => closed !== undefined))
          six.splice(0, 6, ...(await openSix(open, as)))
      }
      if (as === 'guest')
        t.notOk(
          six.some(({ closed }) => closed !== undefined),
          'no guest is closed for what others send',
        )
    })
  }
}

t.test('other users, and guests of other addresses, notice nothing', async (t) => {
  const open = await openHouse(t, { env: { ...FAR, RATE_MESSAGES_PER_USER: '20' } })
  const six = await openSix(open, 'guest')
  const others = [
    await open.enter('carol'),
    await open.enterAsGuest({ address: '192.0.2.8' }),
    await open.enterAsGuest({ address: '127.0.0.1' }),
  ]
  for (let i = 0; i < 100; i++) for (const client of six) client.request(EVENT.sessionPing, {})
  for (const other of others) t.match(await other.ask(EVENT.sessionPing, {}), { success: true })
  t.ok(six.every(({ replies }) => replies.some(isLimited)))
})

for (const as of ['private', 'guest'] as const) {
  t.test(
    `who floods over all connections is closed if it is a player, as guests may be strangers: ${as}`,
    async (t) => {
      const open = await openHouse(t, { env: { ...FAR, RATE_MESSAGES_PER_USER: '20' } })
      const six = await openSix(open, as)
      for (let i = 0; i < 60; i++) {
        for (const client of six) for (let n = 0; n < 10; n++) if (!client.closed) client.request(EVENT.sessionPing, {})
        await open.pass(250)
      }
      for (const { closed } of six) t.equal(closed?.code, as === 'private' ? 4004 : undefined)
    },
  )
}

t.test('what is said in a room takes as much as its members get, on all workers', async (t) => {
  const { house, enter } = await openHouse(t, { env: { ...FAR, RATE_BYTES_PER_USER: '16KiB' } })
  const members = await Promise.all(
    Array.from({ length: 16 }, (_, i) => enter(`m${i}`, { worker: house.worker(i % 2) })),
  )
  for (const member of members) await member.ask(EVENT.roomJoin, { room_id: 'r' })
  const alone = await enter('alone')
  await alone.ask(EVENT.roomJoin, { room_id: 'alone' })
  const say = async (client: PlainClient, room: string) => {
    const ids = Array.from({ length: 40 }, () =>
      client.request(EVENT.broadcast, { message: 'x'.repeat(300) }, { room }),
    )
    return (await Promise.all(ids.map((id) => client.reply(id)))).filter(({ success }) => success).length
  }
  t.equal(await say(alone, 'alone'), 40)
  // 64 KiB at once, of which each takes 16 times some 550 bytes.
  const passed = await say(members[0] as PlainClient, 'r')
  t.ok(passed >= 6 && passed <= 9, `${passed} of 40`)
})

/** Bytes of the events of this type that a client got. */
function bytesOf(client: PlainClient, eventType: string): number {
  const events = client.events.filter((event) => event.eventType === eventType)
  return events.reduce((sum, event) => sum + JSON.stringify(event).length, 0)
}

t.test('what is said to a whole namespace has a share of each sender, and one of all', async (t) => {
  const env = { ...FAR, BROADCAST_BYTES_PER_USER: '4KiB', BROADCAST_BYTES: '8KiB' }
  const { enter, pass } = await openHouse(t, { env })
  const witness = await enter('witness')
  const message = 'x'.repeat(800)
  const say = async (senders: readonly PlainClient[]) => {
    for (let i = 0; i < SECONDS * 4; i++) {
      for (const client of senders) for (let n = 0; n < 5; n++) client.request(EVENT.broadcast, { message })
      await pass(250)
    }
    const bytes = bytesOf(witness, EVENT.broadcast)
    witness.frames.length = 1
    return bytes
  }
  const alices = [await enter('alice'), await enter('alice'), await enter('alice')]
  const one = await say(alices)
  const may = 4096 * (SECONDS + BURST_S) + 1_000
  // A frame is a little more than its event in the log.
  t.ok(one < may * 1.2 && one > may / 2, `${one} of ${may} by one sender`)
  await pass(10_000)
  const many = await say([...alices, await enter('bob'), await enter('carol'), await enter('dave')])
  t.ok(many < may * 2 * 1.2 && many > may, `${many} of ${may * 2} by four`)
  const codes = new Set(
    alices.flatMap(({ replies }) => replies.flatMap(({ error }) => error ?? [])).map(({ code }) => code),
  )
  t.strictSame([...codes], ['RATE_LIMITED'])
})

/** What waits for somebody who reads all there is every four seconds, while others write to her as much as they can. */
async function writeTo(t: Test, env: Readonly<Record<string, string>>) {
  const { enter, pass } = await openHouse(t, { env: { WORKERS: '2', RATE_MESSAGES: '1000', ...env } })
  const target = await enter('target')
  const senders = await Promise.all(Array.from({ length: 12 }, (_, i) => enter(`sender-${i % 6}`)))
  const payload = { target_user_id: 'target', text: 'x'.repeat(8_000) }
  let waitingBytes = 0
  for (let i = 0; i < 10; i++) {
    target.wire.pause()
    for (let n = 0; n < 8; n++) {
      for (const sender of senders) for (let k = 0; k < 4; k++) sender.request(EVENT.sendMessage, payload)
      await pass(500)
    }
    waitingBytes = Math.max(waitingBytes, target.wire.waitingBytes)
    target.wire.resume()
    await pass(100)
  }
  const codes = new Set(senders.flatMap(({ replies }) => replies.flatMap(({ error }) => error?.code ?? [])))
  return { target, waitingBytes, codes: [...codes].toSorted() }
}

t.test('nobody is closed by what others write to them', async (t) => {
  const { target, waitingBytes, codes } = await writeTo(t, {})
  t.equal(target.closed, undefined)
  t.ok(waitingBytes > 200_000 && waitingBytes < 700_000, `${waitingBytes} bytes waited at most`)
  t.strictSame(codes, ['OVERLOADED', 'RATE_LIMITED'], 'for all of them, and for one')
})

t.test('and would be without a limit', async (t) => {
  const { target } = await writeTo(t, { MESSAGE_BYTES: '1GiB', MESSAGE_BYTES_PER_SENDER: '1GiB' })
  t.match(target.closed, { code: 4001 })
})

for (const isAllowed of [false, true]) {
  t.test(
    `guests ${isAllowed ? 'write' : 'do not write'} to players if GUESTS_MESSAGE_PLAYERS is ${isAllowed}`,
    async (t) => {
      const env: Record<string, string> = isAllowed ? { GUESTS_MESSAGE_PLAYERS: 'true' } : {}
      const { enter, enterAsGuest } = await openHouse(t, { env })
      const [player, guest, other] = [await enter('alice'), await enterAsGuest(), await enterAsGuest()]
      const write = (sender: PlainClient, to: PlainClient) =>
        sender.ask(EVENT.sendMessage, { target_user_id: to.userId, text: 'hello' })
      t.match(
        await write(guest, player),
        isAllowed ? { success: true } : { error: { code: 'FORBIDDEN', retryable: false } },
      )
      t.match(await write(guest, other), { success: true })
      t.match(await write(player, guest), { success: true })
      t.equal(player.events.length, isAllowed ? 1 : 0)
      const nobody = await guest.ask(EVENT.sendMessage, { target_user_id: 'nobody', text: 'x' })
      t.equal(nobody.error?.code, isAllowed ? 'USER_OFFLINE' : 'FORBIDDEN', 'and are not told who is there')
    },
  )
}

t.test('who talks to themselves on 20 connections leaves others their history', async (t) => {
  // A quarter of all: so it is full soon.
  const { house, enter, pass } = await openHouse(t, { env: { HISTORY_BYTES: '16MiB', WORKERS: '2' } })
  const talkers = await Promise.all(Array.from({ length: 20 }, () => enter('talker')))
  for (const [i, talker] of talkers.entries()) await talker.ask(EVENT.roomJoin, { room_id: `alone-${i}` })
  const quiet = await enter('quiet')
  await quiet.ask(EVENT.roomJoin, { room_id: 'quiet' })
  quiet.cut()
  const message = 'x'.repeat(15_000)
  for (let i = 0; i < 120; i++) {
    for (const [n, talker] of talkers.entries()) {
      talker.frames.length = 1
      if (talker.closed) continue
      for (let k = 0; k < 2; k++) talker.request(EVENT.broadcast, { message }, { room: `alone-${n}` })
    }
    await pass(500)
  }
  const back = await quiet.resume([])
  t.match(back.ready, { recovered: true }, 'a minute later')
  const { historyBytes } = house.node.context.hub.counts
  t.ok(historyBytes < 16 * 1024 * 1024)
})

t.test('where many fill the history those who say the most are refused, and the others are not', async (t) => {
  const env = { HISTORY_BYTES: '4MiB', HISTORY_FLOOR: '30s', WORKERS: '2' }
  const { house, enter, pass } = await openHouse(t, { env })
  const talkers = await Promise.all(Array.from({ length: 4 }, (_, i) => enter(`talker-${i}`)))
  const player = await enter('player')
  for (const client of [...talkers, player]) await client.ask(EVENT.roomJoin, { room_id: 'r' as RoomId })
  const message = 'x'.repeat(15_000)
  for (let i = 0; i < 90 * 4; i++) {
    for (const talker of talkers) {
      talker.frames.length = 1
      for (let n = 0; n < 3; n++) talker.request(EVENT.broadcast, { message }, { room: 'r' })
    }
    // As a player who moves.
    for (let n = 0; n < 5; n++) player.request(EVENT.broadcast, { message: { x: n, y: i } }, { room: 'r' })
    await pass(250)
  }
  t.notOk(player.replies.some(isLimited))
  t.ok(house.node.context.hub.reachMs >= 30_000, `it reaches back ${house.node.context.hub.reachMs} ms`)
  t.ok(talkers.every(({ closed }) => closed === undefined))
})
