import { createServer, connect, type Socket } from 'node:net'
import { once } from 'node:events'
import t from 'tap'
import { decodeEventBlock, encodeEventBlock } from '../../src/link/event-block.ts'
import { Block, encodeHead, encodeMessages, LinkDecoder } from '../../src/link/framing.ts'
import { systemClock } from '../../src/base/clock.ts'
import { CallTurns } from '../../src/link/call-turns.ts'
import { Link, type Handlers, type Invocation } from '../../src/link/link.ts'
import { createPipe } from '../helpers/house/pipe.ts'
import { until } from '../helpers/until.ts'
import { Refusal } from '../../src/protocol/errors.ts'
import type { Channel } from '../../src/protocol/ids.ts'
import { placeAlone } from '../../src/hub/pack-event.ts'
import { NO_HEAD } from '../../src/protocol/event-head.ts'
import type { PlacedEvent } from '../../src/protocol/placed-event.ts'
import { jsonOf, recordOf } from '../helpers/placed.ts'

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

type Echo = {
  echo: { args: number; result: number }
  note: { args: string; result: null }
  fail: { args: null; result: null }
}
type None = { readonly [name: string]: never }

async function pair(): Promise<[Socket, Socket]> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const client = connect(typeof address === 'object' && address ? address.port : 0, '127.0.0.1')
  const [accepted] = (await once(server, 'connection')) as [Socket]
  server.close()
  return [client, accepted]
}

t.test('frames are cut out of any chunks', async (t) => {
  const messages = Array.from({ length: 50 }, (_, i) => ({ i, bytes: Buffer.alloc(i * 7, i) }))
  const stream = Buffer.concat(
    messages.flatMap((message) => [
      encodeMessages([message, message.i]),
      encodeHead('events', message.bytes.length),
      message.bytes,
      encodeHead('game', message.bytes.length),
      message.bytes,
    ]),
  )
  for (const size of [1, 3, 64, 1000, stream.length]) {
    const decoder = new LinkDecoder()
    const got: unknown[] = []
    for (let at = 0; at < stream.length; at += size) got.push(...decoder.push(stream.subarray(at, at + size)))
    t.strictSame(
      got,
      messages.flatMap((message) => [
        message,
        message.i,
        new Block('events', message.bytes),
        new Block('game', message.bytes),
      ]),
      `chunks of ${size}`,
    )
  }
})

t.test('a frame of an unknown kind, or one that is too long, is a defect of the other side', async (t) => {
  t.throws(() => new LinkDecoder().push(Buffer.from([0xc0, 0, 0, 1])), /of an unknown kind/)
  t.throws(() => new LinkDecoder().push(Buffer.from([0xbf, 0, 0, 1])), /a link frame of/)
})

t.test('one frame may hold more messages than a call can have arguments', async (t) => {
  const messages = Array.from({ length: 300_000 }, (_, i) => i)
  t.throws(() => Math.max(...messages), RangeError, 'so many arguments overflow the stack')
  const got = new LinkDecoder().push(Buffer.from(encodeMessages(messages)))
  t.equal(got.length, messages.length)
  t.equal(got.at(-1), messages.at(-1))
})

t.test('a block of events comes out as it went in', async (t) => {
  const names = ['n/private', 'u/Zoë', 'r/private/arena-1', 'n/private', 'u/Zoë'] as Channel[]
  const offsets = [7, 2 ** 31, 2 ** 40 + 1, Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER]
  const events = names.map((channel, i) => {
    const payload = { message: 'x'.repeat(i * 1000), delivery: i % 2 === 0 ? 'latest' : 'must', key: 'Zoë' }
    const record = recordOf(channel, { payload, traceparent: i < 2 ? TRACEPARENT : undefined })
    const head = { ...(record.head ?? NO_HEAD), id: i === 3 ? 'an-id' : null }
    return placeAlone({ ...record, head }, { offset: offsets[i] ?? 0, prev: i })
  })
  const shown = (event: PlacedEvent) => {
    const { channel, offset, prev, kind, flags, isTraced, id, latestKey, frontLength, frame } = event
    return { channel, offset, prev, kind, flags, isTraced, id, latestKey, frontLength, frame: jsonOf(frame) }
  }
  t.strictSame(decodeEventBlock(encodeEventBlock(events)).map(shown), events.map(shown))
  t.match(shown(events[0] as PlacedEvent), { isTraced: true, latestKey: 'kZoë', id: null })
  t.match(shown(events[3] as PlacedEvent), { isTraced: false, latestKey: undefined, id: 'an-id' })
  t.strictSame(decodeEventBlock(encodeEventBlock([])), [])
  const broken = Buffer.from(encodeEventBlock(events))
  broken.writeUInt32LE(99, 8 + 3 * 4 + 16)
  t.throws(() => decodeEventBlock(broken), /broken block/)
})

t.test('blocks stand between the messages before and after, and `before` may put one there', async (t) => {
  const [a, b] = await pair()
  const order: string[] = []
  const teller: Link<None, Echo> = new Link<None, Echo>({
    stream: a,
    queueBytesMax: 1 << 20,
    onClose: () => {},
    handlers: {},
    before: (method) => method === 'fail' && teller.sendBlock(Buffer.from('before'), 'events'),
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  const listener = new Link<Echo, None>({
    stream: b,
    queueBytesMax: 1 << 20,
    onClose: () => {},
    onBlock: (block) => order.push(`block ${block.toString()}`),
    onGameBlock: (block) => order.push(`game ${block.toString()}`),
    handlers: { echo: () => {}, note: (text) => order.push(text), fail: () => resolve() },
  })
  teller.tell('note', '1')
  teller.tell('note', '2')
  teller.sendBlock(Buffer.from('x'.repeat(100_000)), 'events')
  teller.sendBlock(Buffer.from('y'.repeat(100_000)), 'game')
  teller.tell('note', '3')
  teller.tell('fail', null)
  await promise
  t.strictSame(
    order.map((item) => item.slice(0, 12)),
    ['1', '2', 'block xxxxxx', 'game yyyyyyy', '3', 'block before'],
  )
  teller.close('done')
  listener.close('done')
})

t.test('calls are answered in order, between what was told before and after', async (t) => {
  const [a, b] = await pair()
  const order: string[] = []
  const caller = new Link<Echo, Echo>({
    stream: a,
    queueBytesMax: 1 << 20,
    onClose: () => {},
    handlers: { echo: () => {}, fail: () => {}, note: (text) => order.push(text) },
  })
  const answerer: Link<Echo, Echo> = new Link<Echo, Echo>({
    stream: b,
    queueBytesMax: 1 << 20,
    onClose: () => {},
    handlers: {
      echo: (value, reply) => {
        answerer.tell('note', `before ${value}`)
        reply(value)
        answerer.tell('note', `after ${value}`)
      },
      note: () => {},
      fail: () => {
        throw new Refusal('ROOM_FULL', 'no', { capacity: 1 })
      },
    },
  })
  caller.call('echo', 1, (result) => order.push(`reply ${String(result)}`))
  t.equal(await caller.ask('echo', 2), 2)
  await t.rejects(caller.ask('fail', null), { code: 'ROOM_FULL', details: { capacity: 1 } })
  t.strictSame(order, ['before 1', 'reply 1', 'after 1', 'before 2', 'after 2'])
  caller.close('done')
})

t.test('calls under way are answered when the other side is gone, and later ones at once', async (t) => {
  const [a, b] = await pair()
  let closed = 0
  const caller = new Link<None, Echo>({ stream: a, queueBytesMax: 1 << 20, handlers: {}, onClose: () => closed++ })
  const answer = caller.ask('echo', 1)
  b.destroy()
  await t.rejects(answer, { code: 'OUTCOME_UNKNOWN' })
  await t.rejects(caller.ask('echo', 2), { code: 'UNAVAILABLE' })
  t.equal(closed, 1)
})

t.test('a side that does not read is given up when its queue is full', async (t) => {
  const [a, b] = await pair()
  b.pause()
  const whyClosed = new Promise<string>((resolve) => {
    const link = new Link<None, Echo>({
      stream: a,
      queueBytesMax: 1 << 20,
      closeBytesMax: 1 << 20,
      handlers: {},
      onClose: resolve,
    })
    for (let i = 0; i < 20; i++) link.tell('note', 'x'.repeat(1 << 20))
  })
  t.equal(await whyClosed, 'it does not read what it is sent')
  b.destroy()
})

t.test('a link that is full carries out no calls of connections until it is drained, and is not closed', async (t) => {
  const turns = new CallTurns<Invocation>({ clock: systemClock, sliceMs: 5 })
  const done: string[] = []
  const open = () => {
    const [primaryEnd, end] = createPipe(() => 0)
    const primary = new Link<Echo, Echo>({
      stream: primaryEnd,
      turns,
      queueBytesMax: 100_000,
      onClose: () => {},
      handlers: {
        echo: (value, reply) => {
          done.push(`call ${value}`)
          reply(value)
        },
        note: (text) => done.push(text),
        fail: () => {},
      },
    })
    const handlers: Handlers<Echo> = { echo: () => {}, note: () => {}, fail: () => {} }
    const worker = new Link<Echo, Echo>({ stream: end, queueBytesMax: 1 << 20, onClose: () => {}, handlers })
    const ask = (value: number) =>
      new Promise((resolve) => worker.call('echo', value, resolve, undefined, undefined, 7))
    return { primary, worker, end, ask }
  }
  const [slow, other] = [open(), open()]
  slow.end.hold()
  // One is being written, so that a second one is seen to wait.
  for (const _ of [1, 2]) slow.primary.tell('note', 'x'.repeat(60_000))
  await until(() => slow.primary.isFull)
  const answer = slow.ask(1)
  slow.worker.tell('note', 'told')
  await until(() => done.includes('told'))
  t.strictSame(done, ['told'], 'what is no call of a connection is heard')
  t.equal(await other.ask(2), 2, 'and other links are served')

  for (let i = 0; i < 10; i++) slow.primary.tell('note', 'x'.repeat(60_000))
  await until(() => turns.isStuck)
  t.match(await other.ask(3), { code: 'OVERLOADED' }, 'until far too much is owed to it')

  slow.end.release()
  t.equal(await answer, 1)
  t.equal(await other.ask(4), 4)
  t.strictSame(done, ['told', 'call 2', 'call 1', 'call 4'])
  t.notOk(slow.primary.isFull)
})

t.test('a call that waits beyond its deadline is refused, and not done', async (t) => {
  const [a, b] = await pair()
  const done: number[] = []
  let nowMs = performance.now()
  const waiting: (() => void)[] = []
  const turns = new CallTurns<Invocation>({
    clock: { nowMs: () => nowMs },
    sliceMs: 0,
    nextTurn: (action) => void waiting.push(action),
  })
  const primary = new Link<Echo, None>({
    stream: a,
    turns,
    queueBytesMax: 1 << 20,
    onClose: () => {},
    handlers: {
      echo: (value, reply) => {
        done.push(value)
        reply(value)
      },
      note: () => {},
      fail: () => {},
    },
  })
  const worker = new Link<None, Echo>({ stream: b, queueBytesMax: 1 << 20, onClose: () => {}, handlers: {} })
  const ask = (value: number) =>
    new Promise((resolve) => worker.call('echo', value, resolve, undefined, nowMs + 1_000, 7))
  const answers = [ask(1), ask(2), ask(3)]
  await answers[0]
  waiting.shift()?.()
  await answers[1]
  nowMs += 1_001
  waiting.shift()?.()
  t.match(await answers[2], { code: 'OVERLOADED' })
  t.strictSame(done, [1, 2])
  worker.close('done')
  primary.close('done')
})

t.test('a deadline goes with its call, and a call without one has none', async (t) => {
  const [a, b] = await pair()
  const deadlines: (number | undefined)[] = []
  const caller = new Link<None, Echo>({ stream: a, queueBytesMax: 1 << 20, onClose: () => {}, handlers: {} })
  const answerer = new Link<Echo, None>({
    stream: b,
    queueBytesMax: 1 << 20,
    onClose: () => {},
    handlers: {
      echo: (value, reply, _span, untilMs) => {
        deadlines.push(untilMs)
        reply(value)
      },
      note: () => {},
      fail: () => {},
    },
  })
  const startedMs = performance.now()
  const asked = new Promise((resolve) => caller.call('echo', 1, resolve, undefined, startedMs + 12_345))
  await asked
  await caller.ask('echo', 2)
  const [first = NaN, second] = deadlines
  t.ok(Math.abs(first - startedMs - 12_345) <= 1, 'to the millisecond')
  t.equal(second, undefined)
  caller.close('done')
  answerer.close('done')
})
