import t from 'tap'
import { Outbox, toLateEvent } from '../../src/fanout/outbox.ts'
import { encodeEventBody, toLatest } from '../../src/protocol/event-body.ts'
import { EVENT } from '../../src/protocol/events.ts'
import type { Channel } from '../../src/protocol/ids.ts'
import { buildFrame } from '../../src/hub/event-frame.ts'

const ROOM = 'r:private/arena' as Channel
const OTHER = 'r:private/lobby' as Channel

function frame(offset: number, prev: number, payload: object, userId = 'alice') {
  const fields = { id: 'x', eventType: EVENT.broadcast, namespace: 'private', room: 'arena', userId, timestamp: 1 }
  return buildFrame(offset, prev, encodeEventBody({ ...fields, traceparent: undefined, payload }))
}

function late(offset: number, prev: number, payload: object, { channel = ROOM, userId = 'alice' } = {}) {
  return toLateEvent(channel, frame(offset, prev, payload, userId))
}

const latest = (message: unknown, key?: string) => ({
  message,
  delivery: 'latest',
  ...(key === undefined ? {} : { key }),
})

function drain(outbox: Outbox) {
  const frames: Record<string, unknown>[] = []
  for (let frame = outbox.take(); frame; frame = outbox.take()) {
    frames.push(JSON.parse(Buffer.from(frame).toString()) as Record<string, unknown>)
  }
  return frames.map(({ offset, prev, skipped }) => [offset, prev, skipped ?? 0])
}

t.test('what has to be delivered stays, in order and as it is', async (t) => {
  const outbox = new Outbox()
  const frames = [frame(5, 3, { message: 'Grüße 🥁' }), frame(6, 5, { message: 2 }), frame(9, 2, { message: 3 })]
  const channels = [ROOM, ROOM, OTHER]
  const events = frames.map((one, i) => toLateEvent(channels[i] ?? ROOM, one))
  for (const event of events) t.equal(outbox.add(event), 0)
  t.equal(
    outbox.bytes,
    events.reduce((sum, { text }) => sum + text.length, 0),
  )
  t.same(outbox.take(), frames[0])
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
    const fields = { id: 'x', eventType: EVENT.broadcast, namespace: 'private', room: 'arena', userId: 'alice' }
    const body = encodeEventBody({ ...fields, timestamp: 1, traceparent: undefined, payload })
    return toLateEvent(ROOM, buildFrame(2, 1, toLatest(body)))
  }
  t.equal(of({ message: 1, key: 'a' }).key, `${ROOM}\nka`)
  t.equal(of({ message: 1 }).key, `${ROOM}\nualice`)
  t.equal(of({ message: 1, delivery: 'must' }).key, undefined)
  t.match(JSON.parse(of({ message: 1 }).text), { offset: 2, delivery: 'latest', id: 'x' })
})

t.test('a message that only looks like one is no latest', async (t) => {
  t.equal(late(1, 0, { message: latest(1) }).key, undefined)
  t.equal(late(1, 0, { message: '"delivery":"latest"' }).key, undefined)
})
