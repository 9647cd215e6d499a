import type { Receipt } from '../protocol/shapes/shop.ts'
import type { Json, JsonArgs, Reward } from './definition.ts'

/** Who takes a seat. */
export interface Joiner {
  readonly user: string
  readonly isGuest: boolean
  readonly inventory: Readonly<Record<string, number>>
  /** The last entry of the player's ledger that `inventory` has; 0: none. What is bought behind it comes as `bought`. */
  readonly ledgerEntry: number
}

/**
 * What enters a room, in the order in which it is journaled. Everything else follows from it: timers, ticks, the joins of bots that the game
 * adds, the end by `over`. Plain data, which belongs to the step once it was given to it.
 */
export type Entry =
  | { readonly kind: 'join'; readonly joiner: Joiner }
  /** The last connection of the user is gone. */
  | { readonly kind: 'drop'; readonly user: string }
  | { readonly kind: 'back'; readonly user: string }
  /** `why`: `left`, `held too long`, `kicked`. */
  | { readonly kind: 'leave'; readonly user: string; readonly why: string }
  /** `input` has passed its validator. */
  | { readonly kind: 'input'; readonly user: string; readonly name: string; readonly input: unknown }
  | BoughtEntry
  /** What a task came to. */
  | { readonly kind: 'result'; readonly task: string; readonly run: number; readonly value: Json }
  | { readonly kind: 'failedTask'; readonly task: string; readonly run: number; readonly error: string }
  /** A bot takes a seat, whose id the outcome has. */
  | { readonly kind: 'bot'; readonly bot: string }
  /** Behind this tick the room goes on in another process, or may. */
  | { readonly kind: 'moved' }
  | { readonly kind: 'end'; readonly why: EndReason }

/** A purchase, with its place in the ledger of its user: so a seat knows whether it has it already, and whether one before it is missing. */
export interface BoughtEntry {
  readonly kind: 'bought'
  readonly user: string
  readonly receipt: Receipt
  readonly ledgerEntry: number
  /** Between this entry of the ledger and `ledgerEntry` there is no purchase. */
  readonly after: number
}

/** `over`: the game said so. `empty`, `too long`, `ended`: by the rules of rooms. `failed`: too many failures in a row. */
export type EndReason = 'over' | 'ended' | 'empty' | 'too long' | 'failed'

/** What became of an entry. */
export type Outcome =
  | { readonly kind: 'done'; readonly value?: Json }
  | {
      readonly kind: 'refused'
      readonly code: RefusalCode
      readonly message: string
      readonly details?: Record<string, unknown>
    }
  | { readonly kind: 'failed'; readonly failure: Failure }

export type RefusalCode =
  | 'REFUSED'
  | 'ROOM_FULL'
  | 'ROOM_LOCKED'
  | 'ROOM_OVER'
  | 'FORBIDDEN'
  | 'NOT_IN_ROOM'
  | 'BAD_REQUEST'
  | 'CONFLICT'

/** A callback that threw, or left a state that is none. */
export interface Failure {
  /** As `on.fire`, `tick`, `timers.bomb`. */
  readonly callback: string
  readonly error: unknown
}

/** What is to be done outside of the room, in order. */
export type Effect =
  | { readonly kind: 'say'; readonly to: string; readonly data: Json }
  | { readonly kind: 'task'; readonly run: number; readonly task: string; readonly args: JsonArgs }
  | { readonly kind: 'log'; readonly message: string; readonly data: Json | undefined }
  /** A seat ended, by itself or by the game: its player is no member any more. */
  | { readonly kind: 'left'; readonly user: string; readonly why: string }

/** A room's end. */
export interface Ending {
  readonly why: EndReason
  readonly result: Json | null
  readonly rewards: readonly Reward[]
}

/** What one tick came to. */
export interface TickResult {
  readonly tick: number
  readonly nowMs: number
  /** One for each entry, in their order. */
  readonly outcomes: readonly Outcome[]
  readonly effects: readonly Effect[]
  /** What was emitted: heard by who is there. */
  readonly events: readonly (readonly [name: string, data: Json])[]
  readonly failures: readonly Failure[]
  /** Whether the state is another one than after the tick before. */
  readonly hasChanged: boolean
  /** The room is over: this was its last tick. */
  readonly ending: Ending | undefined
}
