import t from 'tap'
import { Outbox, toLateEvent } from '../../src/fanout/outbox.ts'
import { placeAlone } from '../../src/hub/pack-event.ts'
import { inLatestRoom, NO_HEAD } from '../../src/protocol/event-head.ts'
import { userChannel, type Channel, type UserId } from '../../src/protocol/ids.ts'
import { jsonOf, placed, recordOf } from '../helpers/placed.ts'

const ROOM = 'r:private/arena' as Channel
const OTHER = 'r:private/lobby' as Channel

function late(offset: number, prev: number, payload: object, { channel = ROOM, userId = 'alice' } = {}) {
  return toLateEvent(placed(channel, offset, prev, { payload, userId }))
}

const latest = (message: unknown, key?: string) => ({
  message,
  delivery: 'latest',
  ...(key === undefined ? {} : { key }),
})

function drain(outbox: Outbox) {
  const frames: Record<string, unknown>[] = []
  for (let taken = outbox.take(); taken; taken = outbox.take()) frames.push(jsonOf(taken.frame))
  return frames.map(({ offset, prev, skipped }) => [offset, prev, skipped ?? 0])
}

t.test('what has to be delivered stays, in order and as it is', async (t) => {
  const outbox = new Outbox()
  const first = placed(ROOM, 5, 3, { payload: { message: 'Grüße 🥁' } })
  const events = [toLateEvent(first), late(6, 5, { message: 2 }), late(9, 2, { message: 3 }, { channel: OTHER })]
  for (const event of events) t.equal(outbox.add(event), 0)
  t.equal(
    outbox.bytes,
    events.reduce((sum, { text }) => sum + text.length, 0),
  )
  t.same(outbox.take()?.frame, Buffer.from(first.frame))
  t.strictSame(drain(outbox), [
    [6, 5, 0],
    [9, 2, 0],
  ])
  t.equal(outbox.bytes, 0)
  t.ok(outbox.isEmpty)
})

t.test('of the class latest the newest of each key is left, and says what it skipped', async (t) => {
  const outbox = new Outbox()
  outbox.add(late(5, 3, latest({ x: 1 }, 'a')))
  outbox.add(late(6, 5, latest({ x: 1 }, 'b')))
  outbox.add(late(7, 6, { message: 'must' }))
  t.equal(outbox.add(late(8, 7, latest({ x: 2 }, 'a'))), 1)
  t.equal(outbox.add(late(9, 8, latest({ x: 3 }, 'a'))), 1)
  t.strictSame(drain(outbox), [
    [6, 3, 1],
    [7, 6, 0],
    [9, 7, 1],
  ])
  outbox.add(late(12, 9, latest({ x: 4 }, 'a')))
  outbox.add(late(13, 12, latest({ x: 5 }, 'a')))
  t.strictSame(drain(outbox), [[13, 9, 1]], 'counted on from what was sent last')
})

t.test('keys are of their channel; without one it is the sender', async (t) => {
  const outbox = new Outbox()
  outbox.add(late(1, 0, latest(1)))
  outbox.add(late(2, 1, latest(1), { userId: 'bob' }))
  outbox.add(late(3, 0, latest(1), { channel: OTHER }))
  outbox.add(late(4, 2, latest(1, 'alice')))
  t.equal(outbox.add(late(5, 4, latest(2))), 1)
  t.equal(drain(outbox).length, 4)
})

t.test("a room's class is meant where the payload does not say", async (t) => {
  const of = (payload: object) => {
    const record = recordOf(ROOM, { payload })
    return toLateEvent(placeAlone({ ...record, head: inLatestRoom(record.head ?? NO_HEAD) }, { offset: 2, prev: 1 }))
  }
  t.equal(of({ message: 1, key: 'a' }).key, `${ROOM}\nka`)
  t.equal(of({ message: 1 }).key, `${ROOM}\nualice`)
  t.equal(of({ message: 1, delivery: 'must' }).key, undefined)
  const told = (payload: object): unknown => jsonOf(Buffer.from(of(payload).text, 'latin1'))['delivery']
  t.equal(told({ message: 1 }), 'latest', 'the envelope says it')
  t.equal(told({ message: 1, delivery: 'latest' }), undefined, 'where the payload does not')
  t.equal(told({ message: 1, delivery: 'must' }), undefined)
})

t.test('a message that only looks like one is no latest', async (t) => {
  t.equal(late(1, 0, { message: latest(1) }).key, undefined)
  t.equal(late(1, 0, { message: '"delivery":"latest"' }).key, undefined)
})

t.test('one that skipped others is as it was but for what the front says', async (t) => {
  const mine = userChannel('alice' as UserId)
  for (const channel of [ROOM, mine]) {
    const outbox = new Outbox()
    const record = recordOf(channel, { payload: { message: 'Grüße 🥁', key: 'ä' } })
    for (const offset of [2, 3, 4]) {
      const head = inLatestRoom(record.head ?? NO_HEAD)
      outbox.add(toLateEvent(placeAlone({ ...record, head }, { offset, prev: offset - 1 })))
    }
    const {
      offset,
      prev,
      skipped,
      delivery,
      channel: goesTo,
      ...rest
    } = jsonOf(outbox.take()?.frame ?? Buffer.alloc(0))
    t.strictSame([offset, prev, skipped, delivery], [4, 1, 2, 'latest'])
    t.equal(goesTo, channel === mine ? 'user' : undefined)
    t.strictSame(rest, jsonOf(record.body))
  }
})

t.test('what waits of a channel that was left is dropped, and counts from anew if it is joined again', async (t) => {
  const outbox = new Outbox()
  outbox.add(late(5, 3, latest(1, 'k')))
  outbox.add(late(6, 5, { message: 2 }))
  outbox.add(late(7, 2, { message: 3 }, { channel: OTHER }))
  outbox.drop(ROOM)
  const kept = late(7, 2, { message: 3 }, { channel: OTHER })
  t.equal(outbox.bytes, kept.text.length)
  outbox.add(late(12, 11, latest(4, 'k')))
  outbox.add(late(13, 12, latest(5, 'k')))
  t.strictSame(drain(outbox), [
    [7, 2, 0],
    [13, 11, 1],
  ])
  t.equal(outbox.bytes, 0)
})
