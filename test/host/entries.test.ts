/** What entered a room last, as those who run the server see it. */
import t from 'tap'
import { defineGame, t as type } from '../../src/games/index.ts'
import type { RoomEntry } from '../../src/link/methods/room-inspection.ts'
import { counter } from './helpers/games.ts'
import { TestPrimary } from './helpers/primary.ts'

const send = (name: string, input: unknown, viewer = 11) => ({ handle: 1, viewer, name, input, seq: null }) as const

async function entriesOf(primary: TestPrimary, limit = 100): Promise<readonly RoomEntry[]> {
  return (await primary.done('entries', { handle: 1, limit })).items
}

/** `alice steer NOT_NOW`, the oldest first. */
function told(entries: readonly RoomEntry[]): readonly string[] {
  return entries.toReversed().map(({ kind, user, name, error }) => {
    const what = kind === 'input' ? name : kind
    const own = error?.details?.['code']
    const code = typeof own === 'string' ? own : (error?.code ?? '')
    return `${user ?? ''} ${what} ${code}`.trim()
  })
}

t.test('inputs, joins and refusals stand there in their order, each with what became of it', async (t) => {
  const primary = await TestPrimary.withTwo(t, counter)
  // In one tick.
  primary.call('input', send('add', { by: 3 }))
  await primary.ask('input', send('no', {}, 21))
  await primary.ask('input', send('add', { by: -1 }))
  await primary.ask('input', send('fail', {}))
  await primary.ask('kick', { handle: 1, user: 'bob', why: 'kicked' })
  const entries = await entriesOf(primary)
  t.strictSame(told(entries), [
    'alice join',
    'bob join',
    'alice add',
    'bob no NOT_NOW',
    'alice add BAD_REQUEST',
    'alice fail GAME_FAILED',
    'bob leave',
  ])
  t.match(entries, [
    { kind: 'leave', name: 'kicked', error: null },
    { error: { details: { trace_id: 'trace-1' } } },
    { error: { details: { path: 'payload.input.by' } }, data: null },
    { error: { code: 'REFUSED', details: { code: 'NOT_NOW', details: { until: 3 } } } },
    { data: { by: 3 }, error: null, tick: Number, atMs: Number },
  ])
  const numbers = entries.map(({ number }) => number)
  t.strictSame(numbers, [7, 6, 5, 4, 3, 2, 1])
  t.strictSame(told(await entriesOf(primary, 2)), ['alice fail GAME_FAILED', 'bob leave'])
})

t.test('what a game makes of an input later is not what was sent', async (t) => {
  const keeper = defineGame({
    name: 'keeper',
    version: 1,
    hz: 10,
    seats: { max: 2 },
    state: type.object({ last: type.optional(type.object({ x: type.uint8() })) }),
    inputs: { put: { type: type.object({ x: type.uint8() }) } },
    create: () => ({}),
    on: { put: (state, _seat, input) => void (state.last = input) },
    tick: (state) => void (state.last && state.last.x++),
  })
  const primary = await TestPrimary.withTwo(t, keeper)
  await primary.ask('input', send('put', { x: 1 }))
  await primary.time.pass(300)
  const { last } = (await primary.done('inspect', { handle: 1 })).state as { readonly last: { readonly x: number } }
  t.ok(last.x > 1, 'the input is a part of the state now, and has changed with it')
  t.match((await entriesOf(primary)).at(0), { data: { x: 1 } })
})

t.test('no more is kept than is allowed, and the newest is', async (t) => {
  const primary = await TestPrimary.open(t, [counter], { GAME_RECENT_BYTES: 2_000 })
  await primary.openRoom(1, 'counter')
  await primary.done('enter', primary.entering(1, 11, 'alice'))
  for (let i = 1; i <= 100; i++) {
    primary.call('input', send('steer', { x: i }))
    await primary.time.pass(100)
  }
  const entries = await entriesOf(primary)
  t.match(entries[0], { name: 'steer', data: { x: 100 }, number: 101 })
  t.ok(entries.length > 10 && entries.length < 2_000 / 64, `${entries.length} of 101 are kept`)
  t.strictSame(
    entries.map(({ number }) => number),
    entries.map((_, i) => 101 - i),
    'without a hole',
  )
})

t.test('what is larger than all that may be kept is left out, and nothing else is', async (t) => {
  const wide = defineGame({
    name: 'wide',
    version: 1,
    hz: 10,
    seats: { max: 2 },
    inputs: { say: { type: type.object({ text: type.string(4_000) }) } },
    create: () => ({ said: 0 }),
    on: { say: (state) => void state.said++ },
  })
  const primary = await TestPrimary.open(t, [wide], { GAME_RECENT_BYTES: 1_000 })
  await primary.openRoom(1, 'wide')
  await primary.done('enter', primary.entering(1, 11, 'alice'))
  for (const text of ['first', 'x'.repeat(3_000), 'last']) await primary.ask('input', send('say', { text }))
  t.match(await entriesOf(primary), [{ number: 4, data: { text: 'last' } }, { number: 2, data: { text: 'first' } }, {}])
})

t.test('with 0 nothing is kept', async (t) => {
  const primary = await TestPrimary.open(t, [counter], { GAME_RECENT_BYTES: 0 })
  await primary.openRoom(1, 'counter')
  await primary.done('enter', primary.entering(1, 11, 'alice'))
  await primary.ask('input', send('add', { by: 3 }))
  await primary.ask('input', send('add', { by: -3 }))
  t.strictSame(await entriesOf(primary), [])
})

t.test('a seat that is held says until when', async (t) => {
  const primary = await TestPrimary.withTwo(t, counter)
  await primary.done('exit', { handle: 1, viewer: 21 })
  await primary.time.pass(500)
  const { seats } = await primary.done('inspect', { handle: 1 })
  t.match(seats, [
    { user: 'alice', isConnected: true, heldUntilMs: null },
    { user: 'bob', isConnected: false },
  ])
  const leftMs = Number(seats[1]?.heldUntilMs) - primary.time.clock.wallMs()
  t.equal(Math.round(leftMs / 100), 15, 'of two seconds')
})
