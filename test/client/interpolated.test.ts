/** What a page draws from: the room as it was a moment ago. */
import t from 'tap'
import { Clock } from '../../src/client/clock.ts'
import { GameRoom } from '../../src/client/game-room.ts'
import type { Moving } from '../../src/client/index.ts'
import { Timeline } from '../../src/client/timeline.ts'
import { hashValue } from '../../src/games/sync/hash.ts'
import { t as types, type TypeDescription } from '../../src/games/types.ts'
import type { JsonValue } from '../../src/protocol/events.ts'
import type { RoomGame } from '../../src/protocol/shapes/games.ts'

const START_MS = 1_790_000_000_000
const TICK_MS = 50

const ARENA = types.object({
  phase: types.string(20),
  ships: types.map(
    types.object({
      x: types.fixed(0, 1_000, 1 / 16),
      spin: types.float32(),
      hp: types.uint8(),
      gun: types.optional(types.object({ heat: types.float64() })),
      trail: types.array(types.fixed(0, 1_000, 1)),
    }),
  ),
})

interface Ship {
  readonly x: number
  readonly spin: number
  readonly hp: number
  readonly gun?: { readonly heat: number }
  readonly trail: readonly number[]
}
interface Arena {
  readonly state: { readonly phase: string; readonly ships: Readonly<Record<string, Ship>> }
  readonly options: unknown
  readonly inputs: Readonly<Record<string, unknown>>
  readonly events: Readonly<Record<string, unknown>>
  readonly refusal: string
  readonly listing: unknown
}

const SHIP: Ship = { x: 100, spin: 0, hp: 9, trail: [1, 2] }

interface StageOptions {
  readonly state: object
  readonly type?: TypeDescription
  readonly tickMs?: number
}

/** A room whose patches come when the test says so; its time is the server's, in milliseconds since the start. */
class Stage {
  timeMs: number
  readonly room: GameRoom<Arena>
  readonly #snapshot: { type: TypeDescription; readonly tickMs: number }
  #tick: number

  constructor({ state, type = ARENA, tickMs = TICK_MS }: StageOptions) {
    const tick = 10
    this.timeMs = tick * TICK_MS
    this.#tick = tick
    this.#snapshot = { type, tickMs }
    const requests = { request: () => new Promise<never>(() => {}), tell: () => {} }
    const clock = new Clock(() => START_MS + this.timeMs)
    this.room = new GameRoom<Arena>('arena:1', this.#game(tick, state), requests, clock)
  }

  #game(tick: number, given: object): RoomGame {
    const state = given as JsonValue
    const { type, tickMs } = this.#snapshot
    return {
      name: 'arena',
      version: 1,
      handle: 1,
      seat: 'ann',
      tick,
      tick_ms: tickMs,
      started_at: START_MS,
      types: type as unknown as JsonValue,
      inputs: [],
      seats: {},
      state,
      hash: hashValue(state),
    }
  }

  /** At the time of the tick, or so much later. */
  patch(tick: number, changes: object, lateMs = 0): void {
    this.timeMs = Math.max(this.timeMs, tick * TICK_MS + lateMs)
    this.room.patched({ tick, base: this.#tick, changes: changes as JsonValue })
    this.#tick = tick
  }

  snapshot(tick: number, state: object, type = this.#snapshot.type): void {
    this.#snapshot.type = type
    this.timeMs = Math.max(this.timeMs, tick * TICK_MS)
    this.room.refreshed(this.#game(tick, state))
    this.#tick = tick
  }
}

function arena(moving?: Moving, delayMs = 100) {
  const stage = new Stage({ state: { phase: 'play', ships: { ann: SHIP, bob: SHIP } } })
  const view = stage.room.interpolated(delayMs, moving)
  return { stage, view, x: () => view.at().ships['ann']?.x }
}

t.test('what moves is between the states around the moment, the rest as of the tick before', (t) => {
  const { stage, view } = arena()
  stage.patch(11, {
    ships: { ann: { x: 110, spin: 1, hp: 8, gun: { heat: 4 }, trail: [3, 4] }, cid: SHIP },
    phase: 'hot',
  })
  stage.patch(12, { ships: { ann: { x: 130, hp: 7, gun: { heat: 8 }, trail: [3, 4, 5] }, bob: null } })
  t.strictSame(view.at().ships['ann'], SHIP)
  stage.timeMs += 20
  const { phase, ships } = view.at()
  t.strictSame(ships, {
    ann: { x: 104, spin: 0.4, hp: 9, trail: [1.8, 2.8] },
    bob: SHIP,
  })
  t.equal(phase, 'play')
  t.equal(ships['bob'], stage.room.interpolated(100).at().ships['bob'], 'what does not move is the same object')
  stage.timeMs += 30
  t.strictSame(view.at().ships['ann'], { x: 110, spin: 1, hp: 8, gun: { heat: 4 }, trail: [3, 4] })
  stage.timeMs += 25
  t.strictSame(view.at().ships, {
    ann: { x: 120, spin: 1, hp: 8, gun: { heat: 6 }, trail: [3, 4] },
    bob: SHIP,
    cid: SHIP,
  })
  t.equal(view.at().phase, 'hot')
  stage.timeMs += 25
  t.notOk('bob' in view.at().ships, 'what is gone is gone when its tick is there')
  t.equal(view.at(), stage.room.state, 'nothing is made where nothing moves')
  t.end()
})

t.test('a patch behind a pause says that nothing moved in the pause', (t) => {
  const { stage, x } = arena()
  stage.patch(20, { ships: { ann: { x: 140 } } })
  for (const [timeMs, expected] of [
    [10 * TICK_MS, 100],
    [19 * TICK_MS, 100],
    [19.5 * TICK_MS, 120],
    [20 * TICK_MS, 140],
  ]) {
    stage.timeMs = Number(timeMs) + 100
    t.equal(x(), expected)
  }
  t.end()
})

t.test('it stands still while patches are late, and waits longer from then on, as long as they are', (t) => {
  const { stage, view, x } = arena()
  stage.patch(11, { ships: { ann: { x: 110 } } })
  stage.timeMs += 150
  t.equal(x(), 110, 'it holds')
  t.equal(view.delayMs, 100)
  const shown: number[] = []
  for (let tick = 12; tick < 200; tick++) {
    stage.patch(tick, { ships: { ann: { x: 100 + (tick - 10) * 2 } } }, 150)
    for (let step = 0; step < 5; step++) {
      shown.push(Number(x()))
      stage.timeMs += 10
    }
  }
  t.strictSame(
    shown,
    shown.toSorted((a, b) => a - b),
    'it never goes back',
  )
  t.ok(view.delayMs >= 200 && view.delayMs < 201, `as late as they are, and a tick: ${view.delayMs}`)
  const last = shown.slice(-20)
  t.ok(
    last.every((at, i) => i === 0 || Math.abs(at - Number(last[i - 1]) - 0.4) < 0.01),
    'it moves evenly',
  )
  for (let tick = 200; tick < 300; tick++) stage.patch(tick, { ships: { ann: { x: tick } } })
  t.equal(view.delayMs, 100, 'and back')
  t.end()
})

t.test('it does not wait for more than a second', (t) => {
  const { stage, view } = arena()
  stage.patch(11, { ships: { ann: { x: 110 } } }, 60_000)
  t.equal(view.delayMs, 1_000)
  t.end()
})

t.test(
  'a state that came anew: from the one before it if that was a moment ago, at once behind a sleep or a restart',
  (t) => {
    const near = arena()
    near.stage.snapshot(14, { phase: 'play', ships: { ann: { ...SHIP, x: 180 } } })
    t.equal(near.x(), 140, 'half of the way')
    for (const [tick, name] of [
      [5_000, 'sleep'],
      [4, 'restart'],
    ] as const) {
      const { stage, x } = arena()
      stage.patch(11, { ships: { ann: { x: 110 } } })
      stage.snapshot(tick, { phase: 'play', ships: { ann: { ...SHIP, x: 500 } } })
      t.equal(x(), 500, name)
      stage.patch(tick + 1, { ships: { ann: { x: 510 } } })
      stage.timeMs = Math.max(stage.timeMs, (tick + 1) * TICK_MS) + 200
      t.equal(x(), 510, `${name}, and on`)
    }
    t.end()
  },
)

t.test('a clock that was set back does not stop it', (t) => {
  const { stage, x } = arena()
  stage.timeMs += 3_600_000
  t.equal(x(), 100)
  stage.timeMs = 11 * TICK_MS
  stage.patch(11, { ships: { ann: { x: 110 } } })
  stage.timeMs += 75
  t.equal(x(), 105)
  t.end()
})

t.test('the author says what else moves, what does not, and what is an angle', (t) => {
  const { stage, view } = arena({ 'ships.*.hp': true, 'ships.*.x': false, 'ships.*.spin': 360 }, 50)
  stage.patch(11, { ships: { ann: { x: 110, hp: 5, spin: 350 }, bob: { spin: 170 } } })
  stage.timeMs += 25
  t.match(view.at().ships, { ann: { x: 100, hp: 7, spin: -5 }, bob: { spin: 85 } })
  t.end()
})

t.test('a game without a type of state moves what the author names', (t) => {
  const stage = new Stage({ type: { kind: 'json' }, state: { ships: { ann: SHIP } } })
  const plain = stage.room.interpolated(50)
  const view = stage.room.interpolated(50, { 'ships.*.x': true })
  stage.patch(11, { ships: { ann: { x: 120 } } })
  stage.timeMs += 25
  t.equal(plain.at().ships['ann']?.x, 100)
  t.equal(view.at().ships['ann']?.x, 110)
  t.end()
})

t.test('things of a list, and things that name themselves, are not taken for each other', (t) => {
  const shot = types.object({ id: types.uint16(), x: types.fixed(0, 100, 1) })
  const type = types.object({ shots: types.array(shot), boss: types.map(shot) })
  const stage = new Stage({
    type,
    state: {
      shots: [
        { id: 1, x: 0 },
        { id: 2, x: 10 },
      ],
      boss: { one: { id: 3, x: 0 } },
    },
  })
  const view = stage.room.interpolated(50)
  const at = (timeMs: number) => {
    stage.timeMs = timeMs
    return view.at() as unknown
  }
  const shots = [
    { id: 2, x: 20 },
    { id: 4, x: 50 },
  ]
  stage.patch(11, { shots, boss: { one: { id: 5, x: 90 } } })
  t.strictSame(at(11 * TICK_MS + 25), {
    shots: [
      { id: 1, x: 0 },
      { id: 2, x: 10 },
    ],
    boss: { one: { id: 3, x: 0 } },
  })
  stage.patch(12, { shots: [{ id: 2, x: 30 }] })
  t.match(at(12 * TICK_MS + 25), { shots })
  stage.patch(13, { shots: [{ id: 2, x: 40 }] })
  t.match(at(13 * TICK_MS + 25), { shots: [{ id: 2, x: 35 }] })
  t.end()
})

t.test('keys that objects have by themselves are keys like others', (t) => {
  const state = { phase: 'play', ships: { constructor: SHIP, '*': SHIP } }
  const stage = new Stage({ state })
  const view = stage.room.interpolated(50)
  stage.patch(11, { ships: { constructor: { x: 110 }, '*': { x: 120 } } })
  stage.timeMs += 25
  t.match(view.at().ships, { constructor: { x: 105 }, '*': { x: 110 } })
  stage.patch(12, { ships: { constructor: null } })
  stage.timeMs += 25
  t.match(view.at().ships, { constructor: { x: 110 } })
  t.end()
})

t.test('a game without ticks has no moments between two states', (t) => {
  const stage = new Stage({ tickMs: 0, state: { phase: 'play', ships: { ann: SHIP } } })
  const view = stage.room.interpolated(100)
  t.equal(view.at(), stage.room.state)
  stage.patch(11, { ships: { ann: { x: 110 } } })
  t.equal(view.at(), stage.room.state)
  t.equal(view.delayMs, 100)
  t.end()
})

t.test('another version of the game has other types', (t) => {
  const { stage, view } = arena()
  t.equal(view.at().phase, 'play')
  const type = types.object({ phase: types.string(9), ships: types.map(types.object({ y: types.fixed(0, 9, 1) })) })
  stage.snapshot(100, { phase: 'new', ships: { ann: { y: 2 } } }, type)
  stage.patch(101, { ships: { ann: { y: 4 } } })
  stage.timeMs += 75
  t.match(view.at(), { phase: 'new', ships: { ann: { y: 3 } } })
  t.end()
})

t.test('what is over stays as it was', (t) => {
  const { stage, view } = arena()
  stage.patch(11, { ships: { ann: { x: 110 } } })
  stage.room.ended()
  stage.timeMs += 10_000
  t.equal(view.at(), stage.room.state)
  t.end()
})

t.test('states are kept for as long as a view may show them, also while nobody looks', (t) => {
  let timeMs = 0
  const clock = {
    get nowMs() {
      return timeMs
    },
  }
  const timeline = new Timeline(clock, 0, 0)
  timeline.keep(300)
  for (let tick = 1; tick <= 5_000; tick++) {
    timeMs = tick * TICK_MS
    timeline.moved(timeMs, TICK_MS, tick)
  }
  const oldest = timeline.at(0, {})
  t.ok(Number(oldest) >= 5_000 - 2_000 / TICK_MS && Number(oldest) <= 5_000 - 300 / TICK_MS, String(oldest))
  t.end()
})
