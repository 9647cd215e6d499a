import type { Game } from './define.ts'
import type { Effect } from './entries.ts'
import { GameRandom, type RandomState } from './random.ts'
import type { TakenSeat } from './seats.ts'
import type { Timer } from './timers.ts'

/** All there is to know of a room at the end of a tick: a room made from it goes on as the one it was taken of. Plain data. */
export interface Checkpoint {
  readonly game: string
  readonly version: number
  /** Of the game. */
  readonly hz: number
  readonly roomId: string
  /** Unix time in milliseconds of tick 0. */
  readonly startMs: number
  readonly tick: number
  readonly nowMs: number
  readonly random: RandomState
  readonly seats: readonly TakenSeat[]
  /** Who has had a seat; whether each has money, as guests have none. */
  readonly players: readonly (readonly [user: string, hasMoney: boolean])[]
  readonly nextBot: number
  readonly timers: readonly Timer[]
  readonly nextTimer: number
  readonly nextRun: number
  readonly isLocked: boolean
  /** All seats were taken at once, at some time. */
  readonly wasFull: boolean
  /** Since when the room waits for players, by its clock: see `seats.fill`. null: it does not. */
  readonly waitingSinceMs: number | null
  /** A callback that makes the state larger fails: see `sizeOf`. null: there is no limit. */
  readonly stateBytesMax: number | null
  /** Failures in a row, by callback. */
  readonly failures: readonly (readonly [callback: string, inRow: number])[]
  /** What `create` asked for, as long as there was no tick to do it in. */
  readonly effects: readonly Effect[]
  /** As JSON, whose keys stand in the order that the game sees. */
  readonly state: string
}

export interface RunOptions {
  readonly game: Game
  readonly roomId: string
  /** An integer below 2^53: what chance starts from. */
  readonly seed: number
  /** Unix time in milliseconds: tick n is due at this and n / hz. */
  readonly startMs: number
  /** They have passed the game's validator. */
  readonly options: unknown
  /** By default there is no limit. */
  readonly stateBytesMax?: number
}

/** Of a room that has not begun: `create` makes its state. */
export type Start = Omit<Checkpoint, 'game' | 'version' | 'hz' | 'state'>

export function startOf({ roomId, seed, startMs, stateBytesMax }: RunOptions): Start {
  return {
    roomId,
    startMs,
    tick: 0,
    nowMs: startMs,
    random: GameRandom.of(seed).state,
    seats: [],
    players: [],
    nextBot: 1,
    timers: [],
    nextTimer: 1,
    nextRun: 1,
    isLocked: false,
    wasFull: false,
    waitingSinceMs: null,
    stateBytesMax: stateBytesMax ?? null,
    failures: [],
    effects: [],
  }
}
