/** Inputs: what is checked before they wait, what bounds them, and what their author's mistakes come to. */
import t from 'tap'
import { defineGame, t as type } from '../../src/games/index.ts'
import type { StandardSchema } from '../../src/games/standard-schema.ts'
import { counter } from './helpers/games.ts'
import { simulatedReceipt } from '../../src/games/testing/simulated-receipt.ts'
import { TestPrimary } from './helpers/primary.ts'

/** A validator of the Standard Schema interface: a positive number, as text or number. */
const positive: StandardSchema<{ n: number }> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => {
      const n = Number((value as { n?: unknown } | null)?.n)
      if (n === 13) throw new Error('unlucky')
      return n > 0 ? { value: { n } } : { issues: [{ message: 'must be positive', path: ['n'] }] }
    },
  },
}

const foreign = defineGame({
  name: 'foreign',
  version: 1,
  hz: 10,
  seats: { max: 4 },
  state: type.object({ sum: type.float64() }),
  options: type.object({ start: type.uint8() }),
  inputs: { add: { type: positive } },
  create: ({ start }) => {
    if (start === 13) throw new Error('unlucky')
    return { sum: start }
  },
  on: { add: (state, _seat, { n }) => void (state.sum += n) },
})

const send = (name: string, input: unknown, seq: number | null = null, viewer = 11) =>
  ({ handle: 1, viewer, name, input, seq }) as const

t.test('a bad input is refused with its place, before it waits', async (t) => {
  const primary = await TestPrimary.withTwo(t, counter)
  for (const [name, input, path] of [
    ['nope', {}, 'payload.name'],
    ['add', { by: -1 }, 'payload.input.by'],
    ['add', null, 'payload.input'],
    ['add', { by: 1, more: 1 }, 'payload.input.more'],
  ] as const) {
    primary.call('input', send(name, input), path)
  }
  await primary.time.pass(1)
  t.match(
    primary
      .of('reply')
      .map(({ name, result }) => [
        name,
        (result as { code: string; details: { path: string } }).code,
        (result as { details: { path: string } }).details.path,
      ]),
    [
      ['payload.name', 'BAD_REQUEST', 'payload.name'],
      ['payload.input.by', 'BAD_REQUEST', 'payload.input.by'],
      ['payload.input', 'BAD_REQUEST', 'payload.input'],
      ['payload.input.more', 'BAD_REQUEST', 'payload.input.more'],
    ],
  )
})

t.test('a validator of another library gives what enters the room, and the journal', async (t) => {
  const primary = await TestPrimary.open(t, [foreign])
  await primary.openRoom(1, 'foreign', { start: 1 })
  await primary.done('enter', primary.entering(1, 11, 'alice'))
  primary.take()
  await primary.done('input', send('add', { n: '4' }))
  t.match(primary.of('record')[0]?.record.entries, [{ input: { n: 4 } }])
  t.match(await primary.ask('input', send('add', { n: -1 })), {
    code: 'BAD_REQUEST',
    details: { path: 'payload.input.n' },
  })
  t.match(await primary.ask('input', send('add', new TextEncoder().encode('{"n":2}'))), { value: null })
  t.match(await primary.ask('input', send('add', new TextEncoder().encode('{"n":'))), { code: 'BAD_REQUEST' })
  t.match(await primary.ask('input', send('add', { n: 13 })), { code: 'GAME_FAILED', details: { trace_id: 'trace-1' } })
  t.match(primary.lines, [{ level: 'error', fields: { callback: 'inputs.add', room: 'foreign:r1', game: 'foreign' } }])
  const at = { handle: 2, roomId: 'foreign:r2', game: 'foreign', seed: 1, startMs: 0 }
  t.match(await primary.ask('open', { ...at, options: { start: 'x' } }), {
    code: 'BAD_REQUEST',
    details: { path: 'payload.options.start' },
  })
  t.match(await primary.ask('open', { ...at, options: { start: 13 } }), {
    code: 'GAME_FAILED',
    details: { trace_id: 'trace-1' },
  })
})

t.test('a callback that throws: GAME_FAILED with the trace id of the line; the state is as before', async (t) => {
  const primary = await TestPrimary.withTwo(t, counter)
  t.match(await primary.ask('input', send('fail', {})), { code: 'GAME_FAILED', details: { trace_id: 'trace-1' } })
  t.match(primary.lines, [
    {
      level: 'error',
      message: 'a game failed',
      fields: {
        room: 'counter:r1',
        game: 'counter',
        callback: 'on.fail',
        tick: Number,
        traceId: 'trace-1',
        err: { message: 'a mistake' },
      },
    },
  ])
  t.match((await primary.done('inspect', { handle: 1 })).state, { count: 0 })
})

t.test('failures in a row end the room; a flood of them does not fill the log', async (t) => {
  const primary = await TestPrimary.withTwo(t, counter)
  for (let i = 0; i < 10; i++) primary.call('input', send('fail', {}))
  await primary.time.pass(200)
  t.equal(primary.of('reply').length, 10, 'each is answered')
  t.match(primary.of('over'), [{ args: { ending: { why: 'failed' } } }])
  t.ok(primary.lines.length <= 20)
})

t.test('each input has its rate for each seat', async (t) => {
  const primary = await TestPrimary.withTwo(t, counter)
  for (let i = 0; i < 7; i++) primary.call('input', send('add', { by: 1 }))
  primary.call('input', send('add', { by: 1 }, null, 21), 'bob')
  primary.call('input', send('say', {}), 'say')
  await primary.time.pass(200)
  const results = primary.of('reply').map(({ result }) => result)
  t.match(results.slice(0, 2), [
    { code: 'RATE_LIMITED', details: { retry_after_ms: 200 } },
    { code: 'RATE_LIMITED', details: { retry_after_ms: 200 } },
  ])
  t.match(
    results.slice(2).map((result) => (result as { tick: number }).tick),
    Array(7).fill(3),
  )
  t.notOk((await primary.ask('input', send('add', { by: 1 }))) instanceof Error, 'time has passed')
})

t.test('of inputs of which the latest counts, those of one tick are one, and all are answered', async (t) => {
  const primary = await TestPrimary.withTwo(t, counter)
  for (const x of [1, 2, 3]) primary.call('input', send('steer', { x }, x), `steer ${x}`)
  await primary.time.pass(150)
  t.match(primary.of('record')[0]?.record.entries, [{ name: 'steer', input: { x: 3 } }])
  t.equal(primary.of('record')[0]?.record.entries.length, 1)
  t.match(primary.patches(1), [{ acks: { alice: 3 }, changes: { x: { alice: 3 } } }])
  t.strictSame(
    primary.of('reply').map(({ name, result }) => [name, (result as { tick: number }).tick]),
    [1, 2, 3].map((x) => [`steer ${x}`, 3]),
  )
})

t.test('one who floods waits alone', async (t) => {
  const primary = await TestPrimary.withTwo(t, counter)
  for (let i = 0; i < 40; i++) primary.call('input', send('spam', {}, i), 'alice')
  primary.call('input', send('spam', {}, 1, 21), 'bob')
  await primary.time.pass(150)
  const replies = primary.of('reply')
  t.equal(
    replies.filter(({ result }) => (result as { code?: string }).code === 'OVERLOADED').length,
    8,
    'over 32 of one connection',
  )
  t.equal(replies.filter(({ name }) => name === 'bob').length, 1, 'bob is in the next tick')
  t.equal(primary.of('record')[0]?.record.entries.length, 17)
  await primary.time.pass(200)
  t.equal(primary.of('reply').length, 41, 'all are answered in the end')
  t.match((await primary.done('inspect', { handle: 1 })).state, { count: 33 })
})

t.test('a state that grows over its limit: the callback fails, with the size', async (t) => {
  const primary = await TestPrimary.open(t, [counter], { GAME_STATE_BYTES: 4_096 })
  await primary.openRoom(1, 'counter')
  await primary.done('enter', primary.entering(1, 11, 'alice'))
  t.notOk((await primary.ask('input', send('grow', { by: 50 }))) instanceof Error)
  t.match(await primary.ask('input', send('grow', { by: 50 })), { code: 'GAME_FAILED' })
  t.match(primary.lines[0]?.fields['err'], {
    message: /the state would have about \d{4} bytes, over 4096 \(GAME_STATE_BYTES\)/,
  })
  t.notOk((await primary.ask('input', send('add', { by: 1 }))) instanceof Error, 'it goes on')
})

t.test('what a player has bought enters once, in its order, however often it is told', async (t) => {
  const primary = await TestPrimary.open(t, [counter])
  await primary.openRoom(1, 'counter')
  const holdings = { inventory: { hat: 1 }, ledgerEntry: 4 }
  t.match(await primary.ask('enter', primary.entering(1, 11, 'alice', holdings)), { ledgerEntry: 4 })
  const tell = (after: number, ...entries: readonly number[]) =>
    primary.ask('bought', { handle: 1, user: 'alice', after, purchases: entries.map(purchase) })
  t.strictSame(await tell(4, 5, 7), { ledgerEntry: 7 })
  t.strictSame(await tell(4, 5, 7, 8), { ledgerEntry: 8 }, 'a part of it was heard')
  t.strictSame(await tell(9, 10), { ledgerEntry: 8 }, 'one is missing')
  t.match(await primary.ask('enter', primary.entering(1, 12, 'alice', { ledgerEntry: 20 })), { ledgerEntry: 8 })
  const { state } = await primary.done('inspect', { handle: 1 })
  t.strictSame((state as { calls: readonly string[] }).calls, [
    'join alice',
    'alice bought simulated.5, has 2',
    'alice bought simulated.7, has 3',
    'alice bought simulated.8, has 4',
  ])
  const unseated = { handle: 1, user: 'nobody', after: 0, purchases: [purchase(1)] }
  t.match(await primary.ask('bought', unseated), { code: 'NOT_IN_ROOM' })
})

function purchase(ledgerEntry: number) {
  const receipt = simulatedReceipt(ledgerEntry, { user_id: 'alice', good_id: 'hat', committed_at: 0 })
  return { receipt, ledgerEntry }
}

t.test('an input of an operator enters as others do', async (t) => {
  const primary = await TestPrimary.withTwo(t, counter)
  t.match(await primary.ask('inputAs', { handle: 1, user: 'bob', name: 'add', input: { by: 2 } }), {
    value: { count: 2 },
  })
  t.match(await primary.ask('inputAs', { handle: 1, user: 'nobody', name: 'add', input: { by: 2 } }), {
    code: 'NOT_IN_ROOM',
  })
})
