import t from 'tap'
import { decodeEventBlock } from '../../src/link/event-block.ts'
import { Deliveries } from '../../src/node/deliveries.ts'
import type { Channel } from '../../src/protocol/ids.ts'
import type { PlacedEvent } from '../../src/protocol/placed-event.ts'
import { jsonOf, placed } from '../helpers/placed.ts'

function setUp(intervalMs = 10) {
  let nowMs = 1000
  const sent: string[] = []
  const blocks: Buffer[] = []
  const timers: { action: () => void; atMs: number }[] = []
  const deliveries = new Deliveries({
    intervalMs,
    clock: { nowMs: () => nowMs, wallMs: () => nowMs },
    schedule: (action, delayMs) => timers.push({ action, atMs: nowMs + delayMs }),
    send: (worker, block) => {
      blocks.push(block)
      sent.push(
        `${worker}: ${decodeEventBlock(block)
          .map(({ frame }) => String(jsonOf(frame)['id']))
          .join()}`,
      )
    },
  })
  const advance = (ms: number) => {
    nowMs += ms
    for (const timer of timers.splice(0))
      if (timer.atMs <= nowMs) timer.action()
      else timers.push(timer)
  }
  return { deliveries, sent, blocks, advance }
}

const event = (id: string): PlacedEvent => placed('n/a' as Channel, 1, 0, { id })
const to = (...outgoing: [worker: number, ...texts: string[]][]) =>
  new Map(outgoing.map(([worker, ...texts]) => [worker, texts.map(event)]))

t.test('events leave at once when nothing left in the last interval, else at its end', async (t) => {
  const { deliveries, sent, advance } = setUp()
  deliveries.add(to([1, 'a']))
  t.strictSame(sent, ['1: a'], 'at once')
  advance(3)
  deliveries.add(to([1, 'b']))
  advance(3)
  deliveries.add(to([1, 'c', 'd']))
  t.equal(sent.length, 1, 'gathered')
  t.equal(deliveries.queueLength, 3)
  advance(4)
  t.strictSame(sent, ['1: a', '1: b,c,d'])
  t.equal(deliveries.queueLength, 0)
  advance(10)
  deliveries.add(to([1, 'e']))
  t.equal(sent.length, 3, 'at once again')
})

t.test('what a worker is told has the events before it in front; other workers wait on', async (t) => {
  const { deliveries, sent, advance } = setUp()
  deliveries.add(to([1, 'a']))
  deliveries.add(to([1, 'b'], [2, 'b']))
  for (const method of ['broadcast', 'buy', 'message', 'ping'] as const) deliveries.before(1, method)
  t.equal(sent.length, 1, 'these do not care')
  for (const method of ['open', 'join', 'leave', 'replay', 'state', 'presence', 'roomClosed', 'closeAll'] as const) {
    deliveries.before(1, method)
    t.strictSame(sent, ['1: a', '1: b'], method)
  }
  advance(10)
  t.strictSame(sent, ['1: a', '1: b', '2: b'])
})

t.test('workers that get the same share a block', async (t) => {
  const { deliveries, blocks } = setUp(0)
  const same = [event('a'), event('b')]
  deliveries.add(
    new Map([
      [1, [...same]],
      [2, [...same]],
      [3, [event('a')]],
    ]),
  )
  t.equal(blocks[0], blocks[1])
  t.not(blocks[1], blocks[2])
})

t.test('a worker that is gone gets nothing', async (t) => {
  const { deliveries, sent, advance } = setUp()
  deliveries.add(to([1, 'a']))
  deliveries.add(to([1, 'b'], [2, 'b']))
  deliveries.forget(1)
  advance(10)
  t.strictSame(sent, ['1: a', '2: b'])
})
