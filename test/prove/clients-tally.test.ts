/** The proof with foreign clients finds what it must: what was lost, doubled, out of order or never said. */
import t from 'tap'
import { Tally, type Figures } from './clients/tally.ts'
import type { How } from './clients/program.ts'

const CLEAN = { lost: 0, doubled: 0, unordered: 0, wrong: 0 }

type Came = readonly [offset: number, how: How, n?: number]

/** Three events are said, 1 at 10, 2 at 20 and 3 at 30, and one client hears these. */
function figuresOf(came: readonly Came[], library = 'asyncio'): Figures {
  const tally = new Tally([{ client: 'a', kind: 'a kind', library, room: 'arena' }])
  for (const n of [1, 2, 3]) tally.said({ client: 'agent', is: 'said', room: 'arena', n, offset: 10 * n })
  for (const [offset, how, n = offset / 10] of came) tally.event({ client: 'a', is: 'event', n, offset, how })
  const figures = tally.figures().get('a kind')
  if (figures === undefined) throw new Error('no figures')
  return figures
}

t.test('each event once and in order is clean, however it came', async (t) => {
  const live = [10, 20, 30].map((offset): Came => [offset, 'live'])
  t.match(figuresOf(live), { ...CLEAN, events: 3, replayed: 0, fetched: 0 })
  const replayed: readonly Came[] = [
    [10, 'live'],
    [20, 'replayed'],
    [30, 'live'],
  ]
  t.match(figuresOf(replayed), { ...CLEAN, events: 3, replayed: 1 })
  const fetchedLate: readonly Came[] = [
    [10, 'live'],
    [30, 'live'],
    [20, 'fetched'],
  ]
  t.match(figuresOf(fetchedLate), { ...CLEAN, events: 3, fetched: 1 })
})

t.test('an event that did not come is lost', async (t) => {
  const came: readonly Came[] = [
    [10, 'live'],
    [30, 'live'],
  ]
  t.match(figuresOf(came), { ...CLEAN, lost: 1 })
})

t.test('an event that came twice by itself is doubled, one that was fetched over it is not', async (t) => {
  const came: readonly Came[] = [
    [10, 'live'],
    [20, 'live'],
    [30, 'live'],
  ]
  t.match(figuresOf([...came, [30, 'replayed']]), { ...CLEAN, doubled: 1 })
  t.match(figuresOf([...came, [30, 'fetched']]), { ...CLEAN, fetched: 0 })
})

t.test('an event behind a later one is out of order, but for a library that keeps none', async (t) => {
  const came: readonly Came[] = [
    [20, 'live'],
    [10, 'live'],
    [30, 'live'],
  ]
  t.match(figuresOf(came), { ...CLEAN, unordered: 1 })
  t.match(figuresOf(came, 'threads'), CLEAN)
})

t.test('an event with another number than was said is wrong', async (t) => {
  const came: readonly Came[] = [
    [10, 'live'],
    [20, 'live', 7],
    [30, 'live'],
  ]
  t.match(figuresOf(came), { ...CLEAN, wrong: 1 })
})
