/** What a host tries before it takes a room over, and where it says that a game is wrong. */
import t from 'tap'
import { defineGame, refuse, t as type } from '../../src/games/index.ts'
import { Refusal } from '../../src/protocol/errors.ts'
import { counter } from './helpers/games.ts'
import { TestPrimary } from './helpers/primary.ts'

t.test('a rehearsal says nothing to anybody, and leaves no room', async (t) => {
  const primary = await TestPrimary.withTwo(t, counter)
  const input = { handle: 1, viewer: 11, seq: null }
  for (const name of ['say', 'add', 'fail', 'kick']) {
    const value = name === 'add' ? { by: 3 } : name === 'kick' ? { user: 'bob' } : {}
    await primary.ask('input', { ...input, name, input: value })
  }
  const { checkpoint } = primary.of('checkpoint')[0] ?? (await primary.done('release', { handle: 1 }))
  const records = primary.of('record').map(({ bytes }) => bytes)
  const other = await TestPrimary.beside(t, primary, [counter])
  t.equal(await other.done('rehearse', { handle: 1, checkpoint, records }), null)
  await other.time.pass(2_000)
  t.strictSame([other.heard, other.lines], [[], []])
  t.match(await other.ask('inspect', { handle: 1 }), { code: 'ROOM_NOT_FOUND' })
})

t.test('what fails in a rehearsal is refused with its place; what only costs an input is not looked at', async (t) => {
  const grumbler = defineGame({
    name: 'grumbler',
    version: 1,
    hz: 20,
    seats: { max: 2 },
    state: type.object({ mood: type.uint8(), joined: type.uint8() }),
    inputs: { no: { type: type.object({}) }, worse: { type: type.object({}) } },
    create: () => ({ mood: 0, joined: 0 }),
    on: {
      no: () => refuse('NO'),
      worse(state) {
        state.mood = 7
      },
    },
    join: (state) => void state.joined++,
  })
  const primary = await TestPrimary.open(t, [grumbler])
  await primary.openRoom(1, 'grumbler')
  await primary.done('enter', primary.entering(1, 11, 'alice'))
  await primary.ask('input', { handle: 1, viewer: 11, name: 'no', input: {}, seq: null })
  await primary.ask('input', { handle: 1, viewer: 11, name: 'worse', input: {}, seq: null })
  const { checkpoint = '' } = primary.of('checkpoint')[0] ?? {}
  const records = primary.of('record').map(({ bytes }) => bytes)
  const rehearse = async (more: object) => {
    const other = await TestPrimary.beside(t, primary, [{ ...grumbler, rules: { ...grumbler.rules, ...more } }])
    const answer = await other.ask('rehearse', { handle: 1, checkpoint, records })
    return answer instanceof Refusal ? answer.message : answer
  }
  const { on } = grumbler.rules
  const fail = () => {
    throw new RangeError('not today')
  }
  t.equal(await rehearse({ on: { ...on, no: fail } }), null)
  const when = (mood: number) => (state: unknown) => {
    if ((state as { mood: number }).mood === mood) fail()
  }
  t.match(await rehearse({ tick: when(7) }), /^tick threw RangeError: not today \(.*rehearsal\.test\.ts:\d+:\d+\)$/)
  t.equal(await rehearse({ tick: when(8) }), null)
  t.match(
    await rehearse({ over: fail, tick: (state: { mood: number }) => void state.mood++ }),
    /^over threw RangeError/,
  )
  t.match(await rehearse({ view: { key: () => '', of: when(7) } }), /^view threw RangeError/)
  t.match(await rehearse({ listing: when(7) }), /^listing threw RangeError/)
})

t.test('a callback that fails is told with the place in the author’s file, and the log has it', async (t) => {
  const primary = await TestPrimary.withTwo(t, counter)
  await primary.ask('input', { handle: 1, viewer: 11, name: 'fail', input: {}, seq: null })
  t.match(primary.of('failed'), [
    {
      args: {
        handle: 1,
        game: 'counter',
        callback: 'on.fail',
        message: 'Error: a mistake',
        place: /test\/host\/helpers\/games\.ts:\d+:\d+$/,
        traceId: 'trace-1',
      },
    },
  ])
  t.match(primary.lines, [{ message: 'a game failed', fields: { place: /games\.ts:\d+:\d+$/ } }])
})
