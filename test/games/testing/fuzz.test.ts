/** What `fuzz` finds in games, and how short it makes it. */
import assert, { AssertionError } from 'node:assert/strict'
import { compileFunction } from 'node:vm'
import t from 'tap'
import { defineGame, refuse, t as type, type Game } from '../../../src/games/index.ts'
import {
  fuzz,
  FuzzError,
  ReplayError,
  simulate,
  type Fault,
  type FuzzOptions,
} from '../../../src/games/testing/index.ts'
import tictactoe from '../../../src/samples/tictactoe.ts'
import { FAULTY_GAMES } from './faulty-games.ts'
import { schema } from './schema.ts'

function faultIn(game: Game, options?: FuzzOptions): Fault | undefined {
  try {
    fuzz(game, options)
    return undefined
  } catch (error) {
    if (error instanceof FuzzError) return error.fault
    throw error
  }
}

for (const { fault, kind, message, entriesMax, make } of FAULTY_GAMES) {
  t.test(`fuzz finds ${fault}, and shrinks it`, async (t) => {
    const found = faultIn(make())
    t.equal(found?.kind, kind)
    t.match(found?.message, message)
    t.ok((found?.entries ?? Infinity) <= entriesMax, `${found?.entries} entries, at most ${entriesMax}`)
    const show = compileFunction(found?.code.join('\n') ?? '', ['simulate', 'game', 'assert'])
    const thrown = kind === 'threw' ? AssertionError : kind === 'replay' ? ReplayError : undefined
    const run = (): unknown => show(simulate, make(), assert)
    if (thrown) t.throws(run, thrown, 'the lines show it')
    else t.doesNotThrow(run)
    t.comment(`${found?.entries} entries, seed ${found?.seed}: ${found?.message}\n${found?.code.join('\n')}`)
  })
}

t.test('nothing is found in a sample, and the same seeds play the same matches', async (t) => {
  const report = fuzz(tictactoe, { seeds: 30 })
  t.equal(report.matches, 30)
  t.ok(report.entries > 300, `${report.entries} entries`)
  t.strictSame(fuzz(tictactoe, { seeds: 30 }), report)
  t.not(fuzz(tictactoe, { seeds: 30, seed: 31 }).entries, report.entries)
})

t.test('numbers that are set and never move are a warning, with the path; those that move are none', async (t) => {
  const drift = (speed: number) =>
    defineGame({
      name: 'drift',
      version: 1,
      hz: 20,
      seats: { max: 2 },
      state: type.object({ ships: type.map(type.object({ x: type.fixed(0, 100, 0.1), y: type.float32() })) }),
      create: () => ({ ships: {} }),
      join: (state, seat) => void (state.ships[seat.id] = { x: 1, y: 1e6 }),
      leave: (state, seat) => void delete state.ships[seat.id],
      tick(state) {
        for (const ship of Object.values(state.ships)) {
          ship.x = Math.min(100, ship.x + speed)
          ship.y += speed
        }
      },
    })
  const { warnings } = fuzz(drift(0.01), { seeds: 3 })
  t.match(
    warnings.map(({ message }) => message),
    [
      /^ships\.ann\.x was set 20 times in a row and stayed 1:/,
      /^ships\.ann\.y was set 20 times in a row and stayed 1000000:/,
    ],
  )
  t.strictSame(warnings[0]?.code.slice(1, -1), ["room.join('ann')", 'room.tick(19)'])
  t.strictSame(fuzz(drift(0.1), { seeds: 3 }).warnings, [])
})

t.test('inputs of a Standard Schema come from the author, who knows the view, too', async (t) => {
  const game = defineGame({
    name: 'bids',
    version: 1,
    hz: 0,
    seats: { max: 3 },
    options: schema((value) => (value as { low?: number }).low ?? 1),
    state: type.object({ high: type.uint32() }),
    inputs: {
      bid: {
        type: schema((value) => {
          if (typeof value !== 'number') throw new Error('a number')
          return value
        }),
      },
    },
    create: (low) => ({ high: low }),
    on: {
      bid(state, _seat, bid) {
        if (bid <= state.high) refuse('TOO_LOW')
        // The fault: no bid may be over 4,294,967,295.
        state.high = bid > 1_000 ? 2 ** 32 : bid
      },
    },
  })
  t.throws(() => fuzz(game), /"bid" has a Standard Schema: give inputs: \{ bid: \(random\) => value \}/)
  const found = faultIn(game, {
    options: (random: () => number) => ({ low: Math.floor(random() * 50) }),
    inputs: {
      bid: (random: () => number, view: unknown) => (view as { high: number }).high + Math.ceil(random() * 100),
    },
  })
  t.match(found?.message, /^on\.bid: TypeFault: high: must be a whole number from 0 to 4294967295, but is 4294967296/)
  t.strictSame(found?.code, [
    'const room = simulate(game, { seed: 1 })',
    "room.join('ann')",
    "room.input('ann', 'bid', 1001)",
    'assert.deepEqual(room.failures, [])',
  ])
})

t.test('what tasks come to is the author’s, and both ends of them are tried', async (t) => {
  const seen = new Set<string>()
  const game = defineGame({
    name: 'loader',
    version: 1,
    hz: 10,
    seats: { max: 2 },
    inputs: { load: { type: type.object({}) } },
    create: () => ({ n: 0 }),
    on: { load: (_state, _seat, _input, room) => void room.run('load', { a: 1 }) },
    tasks: { load: () => 1 },
    results: {
      load(state, result) {
        seen.add(result.ok ? JSON.stringify(result.value) : result.error)
        state.n++
      },
    },
  })
  fuzz(game, { seeds: 5, tasks: { load: (_random, { a }) => ({ loaded: a ?? 0 }) } })
  t.strictSame([...seen].sort(), ['it failed', '{"loaded":1}'])
})
