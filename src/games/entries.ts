import type { Receipt } from '../protocol/shapes/shop.ts'
import type { Json, JsonArgs, Reward } from './definition.ts'

export interface Joiner {
  readonly user: string
  readonly isGuest: boolean
  readonly inventory: Readonly<Record<string, number>>
  /** The last entry of the player's ledger that `inventory` includes; 0 if there is none. Later purchases come as `bought`. */
  readonly ledgerEntry: number
}

/**
 * Everything that enters a room, in the order in which it is journaled. All else follows from it: timers, ticks, the bots that
 * the game adds, the end by `over`. It is plain data. The step that gets an entry owns it.
 */
export type Entry =
  | { readonly kind: 'join'; readonly joiner: Joiner }
  /** The user has lost the last connection. */
  | { readonly kind: 'drop'; readonly user: string }
  | { readonly kind: 'back'; readonly user: string }
  /** `why`: `left`, `held too long`, `kicked`. */
  | { readonly kind: 'leave'; readonly user: string; readonly why: string }
  /** `input` has passed its validator. */
  | { readonly kind: 'input'; readonly user: string; readonly name: string; readonly input: unknown }
  | BoughtEntry
  | { readonly kind: 'result'; readonly task: string; readonly run: number; readonly value: Json }
  | { readonly kind: 'failedTask'; readonly task: string; readonly run: number; readonly error: string }
  /** A bot takes a seat. The outcome's value is the seat's id. */
  | { readonly kind: 'bot'; readonly bot: string }
  /** After this tick the room goes on in another process, or may do so. */
  | { readonly kind: 'moved' }
  /**
   * The room goes on after its node was away. Its time has stood still for so many whole milliseconds. This is the first entry of
   * its tick.
   */
  | { readonly kind: 'returned'; readonly stoodMs: number }
  | { readonly kind: 'end'; readonly why: EndReason }

/**
 * A purchase with its place in the ledger of its user. By it a seat knows whether it already has the purchase, and whether an
 * earlier one is missing.
 */
export interface BoughtEntry {
  readonly kind: 'bought'
  readonly user: string
  readonly receipt: Receipt
  readonly ledgerEntry: number
  /** There is no purchase between this entry of the ledger and `ledgerEntry`. */
  readonly after: number
}

/**
 * `over`: the game has ended the room, by `over` or `room.end`. `ended`: an operator has ended it. `empty`, `too long`: by the
 * rules of rooms. `failed`: too many failures in a row.
 */
export type EndReason = 'over' | 'ended' | 'empty' | 'too long' | 'failed'

/** The result of an entry. */
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

/** A callback threw, or left an invalid state. */
export interface Failure {
  /** Such as `on.fire`, `tick`, `timers.bomb`. */
  readonly callback: string
  readonly error: unknown
}

/** Something to be done outside of the room. The order counts. */
export type Effect =
  | { readonly kind: 'say'; readonly to: string; readonly data: Json }
  | { readonly kind: 'task'; readonly run: number; readonly task: string; readonly args: JsonArgs }
  | { readonly kind: 'log'; readonly message: string; readonly data: Json | undefined }
  /** A seat ended. Its player is no longer a member of the room. */
  | { readonly kind: 'left'; readonly user: string; readonly why: string }

export interface Ending {
  readonly why: EndReason
  readonly result: Json | null
  readonly rewards: readonly Reward[]
}

export interface TickResult {
  readonly tick: number
  readonly nowMs: number
  /** One for each entry, in the same order. */
  readonly outcomes: readonly Outcome[]
  readonly effects: readonly Effect[]
  /** The events that were emitted, for those who are connected. */
  readonly events: readonly (readonly [name: string, data: Json])[]
  readonly failures: readonly Failure[]
  /** Whether the state differs from that of the tick before. */
  readonly hasChanged: boolean
  /** Set if this was the last tick of the room. */
  readonly ending: Ending | undefined
}
