/** What plays and works beside the players: bots, and tasks that take time. */
import t from 'tap'
import { defineGame, t as type } from '../../src/games/index.ts'
import { TestPrimary } from './helpers/primary.ts'

const hall = defineGame({
  name: 'hall',
  version: 1,
  hz: 10,
  seats: { min: 3, max: 4, fill: { afterMs: 1_000, bot: 'eager' } },
  state: type.object({ steps: type.map(type.uint16()), seen: type.uint16() }),
  inputs: {
    step: { type: type.object({ by: type.uint8() }), keep: 'latest', perSecond: 5 },
    add: { type: type.object({ kind: type.oneOf('broken', 'liar') }) },
  },
  create: () => ({ steps: {}, seen: 0 }),
  join: (state, seat) => void (state.steps[seat.id] = 0),
  on: {
    step: (state, seat, { by }) => void (state.steps[seat.id] = (state.steps[seat.id] ?? 0) + by),
    add: (_state, _seat, { kind }, room) => void room.addBot(kind),
  },
  bots: {
    eager: (view, _seat, room) => {
      // What it does to its view is its own business.
      view.seen = 1_000
      return [['step', { by: room.random() < 1 ? 1 : 2 }]]
    },
    broken: () => {
      throw new Error('a mistake')
    },
    liar: () => [['step', { by: 'x' }]],
  },
})

t.test('bots fill up to min when players have waited, and their inputs are in the journal', async (t) => {
  const primary = await TestPrimary.open(t, [hall])
  await primary.openRoom(1, 'hall')
  await primary.time.pass(3_000)
  t.equal((await primary.done('inspect', { handle: 1 })).seats.length, 0, 'bots do not play alone')
  await primary.done('enter', primary.entering(1, 11, 'alice'))
  primary.take()
  await primary.time.pass(1_500)
  const { seats, state } = await primary.done('inspect', { handle: 1 })
  t.strictSame(
    seats.map(({ user, bot }) => [user, bot]),
    [
      ['alice', null],
      ['bot-1', 'eager'],
      ['bot-2', 'eager'],
    ],
  )
  t.equal((state as { seen: number }).seen, 0)
  const entries = primary.of('record').flatMap(({ record }) => record.entries)
  t.equal(entries.filter(({ kind }) => kind === 'bot').length, 2)
  t.ok(entries.some((entry) => entry.kind === 'input' && entry.user === 'bot-1'))
  await primary.time.pass(10_000)
  const { steps } = (await primary.done('inspect', { handle: 1 })).state as { steps: Record<string, number> }
  t.ok((steps['bot-1'] ?? 0) > 20 && (steps['bot-1'] ?? 0) <= 60, 'as often as the input may be sent')
})

t.test('a bot that throws, or sends what is no input, is logged once and does nothing any more', async (t) => {
  const primary = await TestPrimary.open(t, [hall])
  await primary.openRoom(1, 'hall')
  await primary.done('enter', primary.entering(1, 11, 'alice'))
  for (const kind of ['broken', 'liar'])
    await primary.done('input', { handle: 1, viewer: 11, name: 'add', input: { kind }, seq: null })
  await primary.time.pass(2_000)
  t.match(
    primary.lines.map(({ fields }) => fields['callback']),
    ['bots.broken', 'bots.liar'],
  )
  t.match(primary.lines[1]?.fields['err'], { message: /payload\.input\.by/ })
})

t.test('bots come in and go as somebody outside of the game wants', async (t) => {
  const primary = await TestPrimary.open(t, [hall])
  await primary.openRoom(1, 'hall')
  await primary.done('enter', primary.entering(1, 11, 'alice'))
  const add = (bot: string) => primary.ask('addBot', { handle: 1, bot })
  t.match(await add('eager'), { seat: 'bot-1', tick: Number })
  t.match(await add('none'), { code: 'BAD_REQUEST', details: { path: 'bot' } })
  t.match(await add('toString'), { code: 'BAD_REQUEST' })
  t.match(await add('eager'), { seat: 'bot-2' })
  t.match(await add('eager'), { seat: 'bot-3' })
  t.match(await add('eager'), { code: 'ROOM_FULL' })
  const remove = (seat: string) => primary.ask('removeBot', { handle: 1, seat })
  t.match(await remove('alice'), { code: 'NOT_FOUND' })
  t.match(await remove('bot-9'), { code: 'NOT_FOUND' })
  t.equal(await remove('bot-2'), null)
  t.match(await remove('bot-2'), { code: 'NOT_FOUND' })
  t.match(await add('eager'), { seat: 'bot-4' }, 'what was refused uses no number up')
  const { seats } = await primary.done('inspect', { handle: 1 })
  t.strictSame(
    seats.map(({ user }) => user),
    ['alice', 'bot-1', 'bot-3', 'bot-4'],
  )
  t.match(await primary.ask('addBot', { handle: 2, bot: 'eager' }), { code: 'ROOM_NOT_FOUND' })
})

t.test('a user under the name of a bot takes no seat, and is forgotten', async (t) => {
  const primary = await TestPrimary.open(t, [hall])
  await primary.openRoom(1, 'hall')
  t.match(await primary.ask('enter', primary.entering(1, 11, 'bot-1')), { code: 'FORBIDDEN' })
  await primary.done('addBot', { handle: 1, bot: 'eager' })
  t.match(await primary.ask('enter', primary.entering(1, 12, 'bot-1')), { code: 'FORBIDDEN' })
  await primary.time.pass(31_000)
  t.match(primary.of('over'), [{ args: { ending: { why: 'empty' } } }], 'nobody is waited for')
})

interface Work {
  resolve: (value: string) => void
  reject: (error: Error) => void
  args: unknown
  signal: AbortSignal
}
const work: Work[] = []

const loader = defineGame({
  name: 'loader',
  version: 1,
  hz: 10,
  seats: { max: 4 },
  state: type.object({ got: type.array(type.string(80)) }),
  inputs: { load: { type: type.object({ key: type.string(8) }) } },
  create: () => ({ got: [] }),
  on: { load: (_state, _seat, { key }, room) => room.reply(room.run('load', { key })) },
  tasks: {
    load: (args, { signal }) =>
      new Promise<string>((resolve, reject) => void work.push({ resolve, reject, args, signal })),
  },
  results: {
    load: (state, result) =>
      void state.got.push(`${result.run} ${result.ok ? JSON.stringify(result.value) : result.error}`),
  },
})

t.test('what a task comes to is an entry; it is told when the room is over', async (t) => {
  const primary = await TestPrimary.open(t, [loader])
  await primary.openRoom(1, 'loader')
  await primary.done('enter', primary.entering(1, 11, 'alice'))
  for (const key of ['a', 'b', 'c', 'd'])
    await primary.done('input', { handle: 1, viewer: 11, name: 'load', input: { key }, seq: null })
  t.strictSame(
    work.map(({ args }) => args),
    [{ key: 'a' }, { key: 'b' }, { key: 'c' }, { key: 'd' }],
  )
  primary.take()
  work[1]?.resolve('two')
  work[0]?.reject(new Error('no such key'))
  work[2]?.resolve(null as never)
  await primary.time.pass(300)
  t.match(
    primary.of('record').flatMap(({ record }) => record.entries),
    [
      { kind: 'result', run: 2, value: 'two' },
      { kind: 'failedTask', run: 1, error: 'no such key' },
      { kind: 'failedTask', run: 3, error: /null/ },
    ],
  )
  t.match((await primary.done('inspect', { handle: 1 })).state, { got: ['2 "two"', '1 no such key', /^3 /] })
  t.equal(work[3]?.signal.aborted, false)
  await primary.done('end', { handle: 1 })
  t.equal(work[3]?.signal.aborted, true)
  work[3]?.resolve('too late')
  await primary.time.pass(300)
})

t.test('a task that was under way when its host died is started anew', async (t) => {
  work.length = 0
  const primary = await TestPrimary.open(t, [loader])
  await primary.openRoom(1, 'loader')
  const { checkpoint } = primary.of('checkpoint').at(-1) ?? { checkpoint: '' }
  await primary.done('enter', primary.entering(1, 11, 'alice'))
  for (const key of ['a', 'b'])
    await primary.done('input', { handle: 1, viewer: 11, name: 'load', input: { key }, seq: null })
  work[0]?.resolve('one')
  await primary.time.pass(300)
  const records = primary.of('record').map(({ bytes }) => bytes)
  primary.kill()
  const other = await TestPrimary.beside(t, primary, [loader])
  await other.done('restore', { handle: 1, checkpoint, records })
  t.strictSame(
    work.map(({ args }) => args),
    [{ key: 'a' }, { key: 'b' }, { key: 'b' }],
  )
  work[2]?.resolve('two')
  await other.time.pass(300)
  t.strictSame((await other.done('inspect', { handle: 1 })).state, { got: ['1 "one"', '2 "two"'] })
})
