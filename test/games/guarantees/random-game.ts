import { defineGame, type Game } from '../../../src/games/define.ts'
import type { Room, Seat } from '../../../src/games/definition.ts'
import { refuse } from '../../../src/games/refuse.ts'
import { Dice } from '../../../src/games/testing/dice.ts'
import { t } from '../../../src/games/types.ts'

/** How a callback ends: `invalid` leaves a state that is none, `number` gives one. */
export type Fate = 'ok' | 'refuse' | 'throw' | 'invalid' | 'number'

/** What a callback asked of its room. */
export type Wish =
  | { readonly kind: 'kick'; readonly seat: string }
  | { readonly kind: 'bot'; readonly id: string }
  | { readonly kind: 'timer'; readonly id: number; readonly tag: number; readonly after: number }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'say' | 'emit'; readonly text: string }
  | { readonly kind: 'task'; readonly run: number }
  | { readonly kind: 'team'; readonly seat: string; readonly team: string }
  | { readonly kind: 'lock' | 'unlock' | 'end' }

/** A callback as it ran, and what it meant to do. */
export interface Call {
  /** As `on.go`, `timers.late`. */
  readonly name: string
  readonly seat: string | undefined
  readonly isConnected: boolean | undefined
  /** What an input, a timer, a task or a purchase is known by. */
  readonly number: number | undefined
  readonly tick: number
  readonly nowMs: number
  readonly seats: readonly string[]
  fate: Fate
  readonly wishes: Wish[]
  reply: number | undefined
  /** What it set it to. */
  setsOver: boolean | undefined
}

interface State {
  n: number
  list: string[]
  map: Record<string, { x: number; k: number }>
  isOver: boolean
}

export interface RandomGame {
  readonly game: Game
  readonly calls: Call[]
}

export const BOT = 'idle'

/**
 * A game whose callbacks do what a seed says: change the state in every way, ask for all that a room can do, refuse, throw, leave what is no state. What
 * they do is kept in `calls`, and they never look at it.
 * @param fated calls, by number, that come to nothing before they have done anything, and how: those of the same match in which they had done much
 */
export function randomGame(seed: number, fated: ReadonlyMap<number, Fate> = new Map()): RandomGame {
  const dice = new Dice(seed)
  const calls: Call[] = []
  const hz = dice.pick([0, 1, 10, 30])
  const max = 1 + dice.below(5)
  /** How often callbacks come to nothing. */
  const troubles = dice.pick([0, 0.1, 0.3, 0.9])
  const run = (name: string, state: State, seat: Seat | undefined, room: Room, number?: number): State | undefined => {
    const call: Call = {
      name,
      seat: seat?.id,
      isConnected: seat?.isConnected,
      number,
      tick: room.tick,
      nowMs: room.nowMs,
      seats: room.seats.map(({ id }) => id),
      fate: 'ok',
      wishes: [],
      reply: undefined,
      setsOver: undefined,
    }
    const known = fated.get(calls.push(call) - 1)
    if (known) return fail(known, call, state)
    const chance = (share: number) => room.random() < share
    const below = (count: number) => Math.floor(room.random() * count)
    for (let count = below(4); count > 0; count--) spoil(state, below, () => room.random())
    if (chance(name === 'tick' ? 0.02 : 0.1)) call.setsOver = state.isOver = chance(0.05)
    const wishes = name === 'join' || name === 'leave' ? below(2) : below(4)
    for (let i = 0; i < wishes; i++) wish(call, room, below, hz)
    if (name.startsWith('on.') && chance(0.5)) room.reply((call.reply = below(100)))
    if (chance(troubles))
      return fail((['refuse', 'throw', 'invalid', 'number'] as const)[below(4)] ?? 'throw', call, state)
    return chance(0.1) ? structuredClone(state) : undefined
  }
  const game = defineGame({
    name: 'random',
    version: 1,
    hz,
    seats: { max, lateJoin: dice.chance(0.7), guests: dice.chance(0.5), ...fillOf(seed, max) },
    state: t.object({
      n: t.uint32(),
      list: t.array(t.string(8), 8),
      map: t.map(t.object({ x: t.fixed(0, 100, 0.1), k: t.float64() })),
      isOver: t.boolean(),
    }),
    events: { said: t.string(8) },
    inputs: { go: { type: t.uint32() }, stop: { type: t.uint32() } },
    create: () => ({ n: 0, list: [], map: {}, isOver: false }),
    join: (state, seat, room) => run('join', state, seat, asRoom(room)),
    drop: (state, seat, room) => run('drop', state, seat, asRoom(room)),
    back: (state, seat, room) => run('back', state, seat, asRoom(room)),
    leave: (state, seat, room) => run('leave', state, seat, asRoom(room)),
    bought: (state, seat, { count }, room) => run('bought', state, seat, asRoom(room), count),
    on: {
      go: (state, seat, number, room) => run('on.go', state, seat, asRoom(room), number),
      stop: (state, seat, number, room) => run('on.stop', state, seat, asRoom(room), number),
    },
    timers: {
      late: (state, { tag }: { tag: number }, room) => run('timers.late', state, undefined, asRoom(room), tag),
    },
    tasks: { load: () => 1 },
    results: { load: (state, result, room) => run('results.load', state, undefined, asRoom(room), result.run) },
    ...(hz > 0 ? { tick: (state: State, room: unknown) => run('tick', state, undefined, asRoom(room)) } : {}),
    over: ({ isOver, n }) => isOver && { result: n },
    bots: { [BOT]: () => [] },
  })
  return { game, calls }
}

/** Bots fill every other game. */
function fillOf(seed: number, max: number): { fill?: { afterMs: number; bot: typeof BOT; to: number } } {
  if (seed % 2 === 0) return {}
  const dice = new Dice(2 ** 20 + seed)
  return { fill: { afterMs: dice.pick([0, 0, 0, 100]), bot: BOT, to: 1 + dice.below(max) } }
}

const asRoom = (room: unknown) => room as Room

function fail(fate: Fate, call: Call, state: State): State | undefined {
  call.fate = fate
  if (fate === 'refuse') refuse('NO', { n: state.n })
  if (fate === 'throw') throw new Error('a mistake')
  if (fate === 'number') return 7 as unknown as State
  state.n = NaN
  return undefined
}

const KEYS = ['a', 'b', '7', '10', 'c', 'constructor']

/** Changes something of the state, in one of the ways that there are. */
function spoil(state: State, below: (count: number) => number, random: () => number): void {
  const key = KEYS[below(KEYS.length)] ?? 'a'
  switch (below(9)) {
    case 0:
      state.n += 1 + below(9)
      return
    case 1:
      state.list.push(key.slice(0, 8))
      if (state.list.length > 8) state.list.splice(0, 4)
      return
    case 2:
      state.list = state.list.toReversed()
      return
    case 3:
      state.map[key] = { x: random() * 100, k: random() }
      return
    case 4:
      delete state.map[key]
      return
    case 5: {
      // To the end of the map.
      const entry = Object.hasOwn(state.map, key) ? state.map[key] : undefined
      delete state.map[key]
      if (entry) state.map[key] = entry
      return
    }
    case 6:
      for (const entry of Object.values(state.map)) entry.x = Math.min(100, entry.x + random())
      return
    case 7:
      state.map = Object.fromEntries(Object.entries(state.map).toReversed())
      return
    default:
      for (const entry of Object.values(state.map)) entry.k -= 1
  }
}

/** Asks something of the room. */
function wish({ wishes }: Call, room: Room, below: (count: number) => number, hz: number): void {
  const seat = room.seats[below(Math.max(1, room.seats.length))]?.id
  switch (below(12)) {
    case 0:
      if (seat === undefined || below(3) > 0) return
      room.kick(seat)
      wishes.push({ kind: 'kick', seat })
      return
    case 1:
      if (below(3) > 0) return
      wishes.push({ kind: 'bot', id: room.addBot(BOT) })
      return
    case 2:
    case 3: {
      const after = 1 + below(5)
      // What the model knows it by.
      const tag = below(1e6)
      const id = hz > 0 ? room.after(after, 'late', { tag }) : room.afterMs(after * 10, 'late', { tag })
      wishes.push({ kind: 'timer', id, tag, after: hz > 0 ? after : after * 10 })
      return
    }
    case 4:
      wishes.push({ kind: 'cancel', id: 1 + below(20) })
      room.cancel((wishes.at(-1) as { id: number }).id)
      return
    case 5:
      room.say('all', 'hello')
      wishes.push({ kind: 'say', text: 'hello' })
      return
    case 6:
      room.emit['said']?.('boo' as never)
      wishes.push({ kind: 'emit', text: 'boo' })
      return
    case 7:
      wishes.push({ kind: 'task', run: room.run('load') })
      return
    case 8: {
      if (seat === undefined) return
      const team = below(2) === 0 ? 'red' : 'blue'
      room.setTeam(seat, team)
      wishes.push({ kind: 'team', seat, team })
      return
    }
    case 9:
      if (below(4) > 0) return
      room.lock()
      wishes.push({ kind: 'lock' })
      return
    case 10:
      room.unlock()
      wishes.push({ kind: 'unlock' })
      return
    default:
      if (below(100) > 0) return
      room.end()
      wishes.push({ kind: 'end' })
  }
}
