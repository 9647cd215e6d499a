/** What a host says to authors of games that use something beside their state (GAME_CHECK). */
import t, { type Test } from 'tap'
import { defineGame, t as type, type Game } from '../../src/games/index.ts'
import type { JsonObject } from '../../src/protocol/events.ts'
import arena from '../../src/samples/arena.ts'
import tictactoe from '../../src/samples/tictactoe.ts'
import { counter } from './helpers/games.ts'
import { TestPrimary } from './helpers/primary.ts'

interface State {
  sum: number
  own: Record<string, { n: number }>
}

interface Rules {
  readonly join?: (state: State, seat: { id: string }) => void
  readonly add: (
    state: State,
    seat: { id: string },
    input: unknown,
    room: { say(to: string, data: unknown): void },
  ) => void
}

/** @param rules are made for each copy, as the variables of a module are */
function wrong(rules: () => Rules): () => Game {
  return () => {
    const { add, join } = rules()
    return defineGame({
      name: 'wrong',
      version: 1,
      hz: 10,
      seats: { max: 4 },
      state: type.object({ sum: type.uint32(), own: type.map(type.object({ n: type.uint8() })) }),
      inputs: { add: { type: type.object({}), perSecond: 100 } },
      create: () => ({ sum: 0, own: {} }),
      join: (state: State, seat: { id: string }) => {
        state.own[seat.id] = { n: 0 }
        join?.(state, seat)
      },
      tick: () => {},
      on: { add },
    } as never)
  }
}

/** What was said of a game in whose rooms alice has done something every now and then. */
async function saidOf(t: Test, make: () => Game, rooms = 1) {
  const primary = await TestPrimary.checking(t, [make()], [make()])
  for (let handle = 1; handle <= rooms; handle++) {
    await primary.openRoom(handle, 'wrong')
    await primary.done('enter', primary.entering(handle, handle * 10, 'alice'))
  }
  const add = () => primary.ask('input', { handle: rooms, viewer: rooms * 10, name: 'add', input: {}, seq: null })
  // Not from the beginning: what a replay has seen all of is the same in it.
  await primary.time.pass(5_000)
  for (let i = 0; i < 20; i++) {
    await add()
    await primary.time.pass(600)
  }
  return { lines: primary.lines, told: primary.of('failed').map(({ args }) => args) }
}

let outside = 0

const mistakes: readonly (readonly [what: string, rules: () => Rules, says: RegExp, hasPlace?: true])[] = [
  [
    'a variable beside the game',
    () => {
      let added = 0
      return { add: (state) => void (state.sum = ++added) }
    },
    /^ReplayDifference: in a replay of tick \d+ \(on\.add, tick\) state\.sum is \d+, and was \d+ in the room\. The game uses something that is not in its state/,
  ],
  [
    'an object that was kept from an earlier callback',
    () => {
      let own: { n: number } | undefined
      return {
        join: (state, { id }) => void (own = state.own[id]),
        add: () => void (own as { n: number }).n++,
      }
    },
    /^ReplayDifference: in a replay of tick \d+ \(on\.add, tick\) on\.add threw TypeError: Cannot read properties of undefined \(reading 'n'\) \(.*replay-check\.test\.ts:\d+:\d+\)\./,
    true,
  ],
  [
    'an object that was kept in an input',
    () => {
      let own: { n: number } | undefined
      return { add: (state, { id }) => void (state.sum += ++(own ??= state.own[id] as { n: number }).n) }
    },
    /state\.(?:sum|own\.alice\.n) is \d+, and was \d+ in the room/,
  ],
  [
    'something that is not the same twice',
    () => ({ add: (state) => void (state.sum = ++outside) }),
    /state\.sum is \d+, and was \d+ in the room/,
  ],
  [
    'a failure that happens once',
    () => ({
      add: () => {
        if (outside++ % 2 === 0) throw new RangeError('now and then')
      },
    }),
    /in tick \d+ \(on\.add, tick\) on\.add threw RangeError: now and then \(.*\), but not in its replay/,
    true,
  ],
  [
    'something that is said only',
    () => {
      let added = 0
      return { add: (_state, _seat, _input, room) => room.say('all', { added: ++added }) }
    },
    /said\.effects\.0\.data\.added is \d+, and was \d+ in the room/,
  ],
]

for (const [what, rules, says, hasPlace] of mistakes) {
  t.test(`${what} is told, once`, async (t) => {
    outside = 0
    const { lines, told } = await saidOf(t, wrong(rules))
    const ofCheck = lines.filter(({ fields }) => fields['callback'] === 'replay')
    t.match(ofCheck, [{ level: 'error', message: 'a game failed', fields: { game: 'wrong', room: 'wrong:r1' } }])
    const failures = told.filter((failure) => (failure as { callback: string }).callback === 'replay')
    t.match(failures, [{ message: says, place: hasPlace ? /replay-check\.test\.ts:\d+:\d+$/ : null }])
  })
}

t.test('a game that is another one whenever it is loaded is told', async (t) => {
  let loaded = 0
  const make = () => {
    const state = type.object({ sum: type.fixed(0, 10 / ++loaded, 1), own: type.json() })
    return { ...wrong(() => ({ join: (was) => void (was.sum = 9), add: () => {} }))(), state } as Game
  }
  const { lines } = await saidOf(t, make)
  t.match(lines, [{ fields: { callback: 'replay', err: { message: /^loaded again, the game does not take/ } } }])
})

t.test('rooms of one game take turns', async (t) => {
  const rules = () => {
    let added = 0
    return { add: (state: State) => void (state.sum = ++added) }
  }
  const { lines } = await saidOf(t, wrong(rules), 3)
  t.match(lines, [{ fields: { callback: 'replay', room: 'wrong:r3' } }])
})

t.test('what an author prints is printed once', async (t) => {
  const { log } = console
  t.teardown(() => void (console.log = log))
  const printed: unknown[] = []
  console.log = (text: unknown) => void printed.push(text)
  const print = () => ({ add: (state: State) => console.log(++state.sum) })
  await saidOf(t, wrong(print))
  t.strictSame(
    printed,
    Array.from({ length: 20 }, (_, i) => i + 1),
  )
})

t.test('nothing is said of games that do nothing of the kind, whatever comes in, and when rooms end', async (t) => {
  const primary = await TestPrimary.checking(t, [counter, arena, tictactoe], [counter, arena, tictactoe])
  await primary.openRoom(1, 'counter')
  await primary.openRoom(2, 'arena')
  await primary.openRoom(3, 'tictactoe')
  for (const handle of [1, 2, 3]) await primary.done('enter', primary.entering(handle, handle * 10, 'alice'))
  const input = (name: string, value: JsonObject) =>
    primary.ask('input', { handle: 1, viewer: 10, name, input: value, seq: null })
  for (let i = 0; i < 3; i++) {
    for (const name of ['no', 'say', 'spam', 'fail']) await input(name, {})
    await input('add', { by: 3 })
    await input('team', { team: `t${i}` })
    await primary.done('enter', primary.entering(1, 11, 'bob'))
    await input('kick', { user: 'bob' })
    await primary.time.pass(700)
  }
  await primary.time.pass(60_000)
  await input('end', {})
  await primary.time.pass(5_000)
  const about = primary.lines.map(({ fields }) => fields['callback'])
  t.strictSame([...new Set(about)], ['on.fail'])
})
