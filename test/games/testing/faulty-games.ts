import { defineGame, refuse, t, type Game } from '../../../src/games/index.ts'

/** A game with one fault, made anew for each use: what it keeps on the side is its own. */
export interface FaultyGame {
  readonly fault: string
  readonly kind: string
  /** Stands in what `fuzz` says. */
  readonly message: RegExp
  /** Things sent that are enough to show it. */
  readonly entriesMax: number
  readonly make: () => Game
}

const base = { version: 1, hz: 10, seats: { max: 4 } } as const
const type = t.object({
  phase: t.oneOf('wait', 'play'),
  n: t.int32(),
  players: t.map(t.object({ hp: t.uint8(), shots: t.uint16(), name: t.string(64) })),
})

const START = { phase: 'wait', n: 0, players: {} } as const
const NEW = { hp: 3, shots: 0, name: '' }
const go = { type: t.object({ by: t.int8() }) }

export const FAULTY_GAMES: readonly FaultyGame[] = [
  {
    fault: 'a value out of its bounds',
    kind: 'threw',
    message: /on\.hit: TypeFault: players\.ann\.hp: must be a whole number from 0 to 255, but is -1/,
    entriesMax: 5,
    make: () =>
      defineGame({
        ...base,
        name: 'bounds',
        state: type,
        inputs: { hit: { type: t.object({ power: t.uint8() }) } },
        create: () => structuredClone(START),
        join: (state, seat) => void (state.players[seat.id] = { ...NEW }),
        on: {
          hit(state, seat, { power }) {
            const player = state.players[seat.id]
            if (player) player.hp -= power > 100 ? 1 : 0
          },
        },
      }),
  },
  {
    fault: 'a refusal behind a change of something outside of the state',
    kind: 'replay',
    message: /something that is not in its state.*shots/,
    entriesMax: 3,
    make: () => {
      let shots = 0
      return defineGame({
        ...base,
        name: 'leak',
        state: type,
        inputs: { fire: { type: t.object({}) }, start: { type: t.object({}) } },
        create: () => structuredClone(START),
        join: (state, seat) => void (state.players[seat.id] = { ...NEW }),
        on: {
          start: (state) => void (state.phase = 'play'),
          fire(state, seat) {
            shots++
            if (state.phase === 'wait') refuse('NOT_YET')
            const player = state.players[seat.id]
            if (player) player.shots = shots % 1000
          },
        },
      })
    },
  },
  {
    fault: 'the same, kept by room: each run begins anew, and only the refused input shows it',
    kind: 'refusal',
    message: /without what was refused/,
    entriesMax: 4,
    make: () => {
      const shots = new WeakMap<object, number>()
      return defineGame({
        ...base,
        name: 'leak-by-room',
        state: type,
        inputs: { fire: { type: t.object({}) }, start: { type: t.object({}) } },
        create: () => structuredClone(START),
        on: {
          start: (state) => void (state.phase = 'play'),
          fire(state, _seat, _input, room) {
            const count = (shots.get(room) ?? 0) + 1
            shots.set(room, count)
            if (state.phase === 'wait') refuse('NOT_YET')
            state.n = count
          },
        },
      })
    },
  },
  {
    fault: 'an unseeded chance',
    kind: 'threw',
    message: /on\.roll: TypeError: Math\.random in on\.roll: .*use room\.random\(\)/,
    entriesMax: 2,
    make: () =>
      defineGame({
        ...base,
        name: 'chance',
        state: type,
        inputs: { roll: { type: t.object({}) } },
        create: () => structuredClone(START),
        on: { roll: (state) => void (state.n = Math.floor(Math.random() * 6)) },
      }),
  },
  {
    fault: 'an unseeded chance that was taken before the guards stood there',
    kind: 'replay',
    message: /state\.n/,
    entriesMax: 1,
    make: () => {
      let word = Date.now() | 0
      const chance = () => (word = (Math.imul(word, 1664525) + 1013904223) | 0)
      return defineGame({
        ...base,
        name: 'own-chance',
        state: type,
        create: () => structuredClone(START),
        join: (state) => void (state.n = chance()),
      })
    },
  },
  {
    fault: 'a Set in the state',
    kind: 'threw',
    message: /tags: must be a JSON value.*Set|Set/,
    entriesMax: 2,
    make: () =>
      defineGame({
        ...base,
        name: 'set',
        state: t.object({ tags: t.json<unknown>() }),
        inputs: { tag: { type: t.string(8) } },
        create: () => ({ tags: [] as unknown }),
        on: { tag: (state, _seat, tag) => void (state.tags = new Set([tag])) },
      }),
  },
  {
    fault: 'a timer in the past',
    kind: 'threw',
    message: /room\.after\(-?\d+\): an integer from 1/,
    entriesMax: 2,
    make: () =>
      defineGame({
        ...base,
        name: 'past',
        state: type,
        inputs: { plant: { type: t.object({ atTick: t.uint16() }) } },
        create: () => structuredClone(START),
        on: {
          plant(_state, _seat, { atTick }, room) {
            room.after(atTick - room.tick, 'bomb')
          },
        },
        timers: { bomb: (state) => void state.n++ },
      }),
  },
  {
    fault: 'a reference to a part of the state, kept on the side',
    kind: 'restore',
    message: /goes on from its checkpoint differs.*players/,
    entriesMax: 2,
    make: () => {
      const mine = new WeakMap<object, Map<string, { hp: number }>>()
      return defineGame({
        ...base,
        name: 'reference',
        state: type,
        inputs: { heal: { type: t.object({}) } },
        create: () => structuredClone(START),
        join(state, seat, room) {
          const player = { ...NEW }
          state.players[seat.id] = player
          const kept = mine.get(room) ?? new Map<string, { hp: number }>()
          mine.set(room, kept.set(seat.id, player))
        },
        on: {
          heal(_state, seat, _input, room) {
            const player = mine.get(room)?.get(seat.id)
            if (player) player.hp = 100
          },
        },
      })
    },
  },
  {
    fault: 'one object at two places of the state',
    kind: 'restore',
    message: /stands at two places.*players/,
    entriesMax: 3,
    make: () =>
      defineGame({
        ...base,
        name: 'alias',
        state: type,
        inputs: { go },
        create: () => structuredClone(START),
        join(state, seat) {
          state.players[seat.id] = Object.values(state.players)[0] ?? { ...NEW }
        },
        on: {
          go(state, seat, { by }) {
            const player = state.players[seat.id]
            if (player) player.shots = Math.abs(by)
          },
        },
      }),
  },
  {
    fault: 'a global counter',
    kind: 'replay',
    message: /state\.n is/,
    entriesMax: 1,
    make: () => {
      let next = 1
      return defineGame({
        ...base,
        name: 'counter',
        state: type,
        create: () => structuredClone(START),
        join: (state) => void (state.n = next++),
      })
    },
  },
  {
    fault: 'a view that changes the state',
    kind: 'threw',
    message: /view\.of has changed the state/,
    entriesMax: 2,
    make: () =>
      defineGame({
        ...base,
        name: 'view',
        state: type,
        create: () => structuredClone(START),
        join: (state, seat) => void (state.players[seat.id] = { ...NEW }),
        view: {
          key: (seat) => seat?.id ?? '',
          of(state, key) {
            for (const id in state.players) if (id !== key) delete state.players[id]
            return state
          },
        },
      }),
  },
  {
    fault: 'the order of a Map that is kept outside',
    kind: 'replay',
    message: /players\.\S+\.name/,
    entriesMax: 2,
    make: () => {
      const turns = new Map<string, number>()
      return defineGame({
        ...base,
        name: 'map-order',
        state: type,
        create: () => structuredClone(START),
        join(state, seat) {
          turns.set(seat.id, 1)
          state.players[seat.id] = { ...NEW, name: [...turns.keys()].at(-1) ?? '' }
        },
      })
    },
  },
  {
    fault: 'NaN in the state',
    kind: 'threw',
    message: /tick: TypeFault: mean: must be a finite number, but is NaN/,
    entriesMax: 2,
    make: () =>
      defineGame({
        ...base,
        name: 'nan',
        state: t.object({ sum: t.float64(), count: t.uint32(), mean: t.float64() }),
        create: () => ({ sum: 0, count: 1, mean: 0 }),
        join: (state) => void state.count++,
        leave: (state) => void (state.count -= state.count === 2 ? 2 : 1),
        tick: (state) => void (state.mean = state.sum / state.count),
      }),
  },
  {
    fault: 'a bot that sends what is no input',
    kind: 'threw',
    message:
      /bots\.wild: NoInput: its input "go" does not fit: by: must be a whole number from -128 to 127, but is 200/,
    entriesMax: 4,
    make: () =>
      defineGame({
        ...base,
        name: 'bot',
        state: type,
        inputs: { go, call: { type: t.object({}) } },
        create: () => structuredClone(START),
        on: {
          go: (state, _seat, { by }) => void (state.n = by),
          call: (_state, _seat, _input, room) => void room.addBot('wild'),
        },
        bots: { wild: (view) => [['go', { by: view.n > 50 ? 200 : 1 }] as const] },
      }),
  },
  {
    fault: 'a bot that throws',
    kind: 'threw',
    message: /bots\.wild: TypeError: Cannot read properties of undefined \(reading 'hp'\) \(faulty-games\.ts:\d+:\d+\)/,
    entriesMax: 3,
    make: () =>
      defineGame({
        ...base,
        name: 'bot-throws',
        state: type,
        inputs: { go, call: { type: t.object({}) } },
        create: () => structuredClone(START),
        join: (state, seat) => void (state.players[seat.id] = { ...NEW }),
        leave: (state, seat) => void delete state.players[seat.id],
        on: {
          go: (state, _seat, { by }) => void (state.n = by),
          call: (_state, _seat, _input, room) => void room.addBot('wild'),
        },
        // Its enemy may have left.
        bots: { wild: (view) => [['go', { by: (view.players['ann'] as { hp: number }).hp }] as const] },
      }),
  },
  {
    fault: 'an event out of its type',
    kind: 'threw',
    message: /on\.fire: TypeFault: room\.emit\.boom\.x: must be a whole number from 0 to 255, but is 3\d\d/,
    entriesMax: 2,
    make: () =>
      defineGame({
        ...base,
        name: 'event',
        state: type,
        inputs: { fire: { type: t.object({ x: t.uint16() }) } },
        events: { boom: t.object({ x: t.uint8() }) },
        create: () => structuredClone(START),
        on: { fire: (_state, _seat, { x }, room) => void (x > 300 && room.emit.boom({ x })) },
      }),
  },
  {
    fault: 'a listing that changes the state',
    kind: 'threw',
    message: /listing has changed the state/,
    entriesMax: 1,
    make: () =>
      defineGame({
        ...base,
        name: 'listing',
        state: type,
        create: () => structuredClone(START),
        join: (state, seat) => void (state.players[seat.id] = { ...NEW }),
        listing(state) {
          for (const player of Object.values(state.players)) player.name = 'listed'
          return { n: state.n }
        },
      }),
  },
  {
    fault: 'the clock of the machine',
    kind: 'threw',
    message: /Date\.now in on\.stamp: .*use room\.nowMs/,
    entriesMax: 2,
    make: () =>
      defineGame({
        ...base,
        hz: 0,
        name: 'clock',
        state: type,
        inputs: { stamp: { type: t.object({}) } },
        create: () => structuredClone(START),
        on: { stamp: (state) => void (state.n = Date.now() % 1000) },
      }),
  },
]
