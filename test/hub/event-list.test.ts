import t from 'tap'
import { systemClock } from '../../src/base/clock.ts'
import { Hub } from '../../src/hub/hub.ts'
import { eventMethods } from '../../src/node/methods/events.ts'
import type { PrimaryContext } from '../../src/node/context.ts'
import { Refusal } from '../../src/protocol/errors.ts'
import type { Channel } from '../../src/protocol/ids.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'

const CHANNEL = 'n/private' as Channel

async function openList(bodies: readonly unknown[]) {
  const store = createMemoryStore({ clock: systemClock, epoch: 'e1' })
  const hub = await Hub.open({
    store,
    clock: systemClock,
    historyBytes: 1 << 30,
    historyTtlMs: 600_000,
    deliver: () => {},
  })
  const log = bodies.map((body) => ({ channel: CHANNEL, body: Buffer.from(JSON.stringify(body)) }))
  await store.commit({ log, durable: false })
  const { eventList } = eventMethods({ hub } as PrimaryContext)
  return (type: string | null, since: number, limit: number) => {
    let answer: { offsets: unknown[]; next: string | null } | undefined
    eventList({ type, since, limit }, (result) => {
      if (result instanceof Refusal) throw result
      answer = { offsets: result.items.map((item) => item['offset']), next: result.next_cursor }
    })
    return answer
  }
}

t.test('the list goes on from a cursor to its end', async (t) => {
  const list = await openList([1, 2, 3, 4, 5].map((n) => ({ eventType: n % 2 ? 'odd' : 'even', payload: {} })))
  t.strictSame(list(null, 0, 2), { offsets: [1, 2], next: '2' })
  t.strictSame(list(null, 2, 2), { offsets: [3, 4], next: '4' })
  t.strictSame(list(null, 4, 2), { offsets: [5], next: null })
  t.strictSame(list(null, 5, 2), { offsets: [], next: null })
  t.strictSame(list(null, 900, 2), { offsets: [], next: null })
  t.strictSame(list('odd', 0, 3), { offsets: [1, 3, 5], next: null })
  t.strictSame(list('even', 2, 10), { offsets: [4], next: null })
  t.strictSame(list('none', 0, 10), { offsets: [], next: null })
})

t.test('what is in the log but no event is left out', async (t) => {
  const event = { eventType: 'odd', payload: {} }
  const list = await openList([{ trial: 'x' }, event, { odd: 'odd' }, { eventType: 1 }, { payload: 'odd' }, event])
  t.strictSame(list(null, 0, 10), { offsets: [2, 6], next: null })
  t.strictSame(list('odd', 0, 10), { offsets: [2, 6], next: null })
})

t.test('one call looks at 10,000 events at most, and its cursor goes on behind them', async (t) => {
  const types = Array.from({ length: 25_000 }, (_, i) => (i === 14_999 ? 'rare' : 'frequent'))
  const list = await openList(types.map((eventType) => ({ eventType, payload: {} })))
  t.strictSame(list('rare', 0, 10), { offsets: [], next: '10000' })
  t.strictSame(list('rare', 10_000, 10), { offsets: [15_000], next: '20000' })
  t.strictSame(list('rare', 20_000, 10), { offsets: [], next: null })
  t.strictSame(list('rare', 15_000, 10), { offsets: [], next: null }, 'exactly as many as one call looks at')
})
