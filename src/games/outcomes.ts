import type { Game, SeatRules } from './define.ts'
import type { Json, Over, Reward } from './definition.ts'
import type { Ending, Failure, Joiner, Outcome, RefusalCode } from './entries.ts'
import type { GameRefusal } from './refuse.ts'
import type { Registers } from './registers.ts'
import { BOT_ID, NAME } from '../protocol/ids.ts'
import { isForbiddenKey } from './limits.ts'
import type { Players } from './players.ts'
import { checkValue } from './sync/shape.ts'
import { t } from './types.ts'

export const DONE: Outcome = { kind: 'done' }
export const OVER = refusal('ROOM_OVER', 'the room is over')
export const NO_SEAT = refusal('NOT_IN_ROOM', 'no seat in this room')

const JSON_TYPE = t.json()
/** Any store takes as many in one transaction. */
const REWARDS_MAX = 100
const REWARDS = t.array(t.object({ user: t.string(256), currency: t.string(64), amount: t.float64() }), REWARDS_MAX)
/** The longest result as JSON, in UTF-16 units. It equals what one tick may say. */
const RESULT_UNITS_MAX = 256 * 1024

/** After this many failures of one callback in a row the room ends. */
const FAILURES_MAX = 10

export function refusal(code: RefusalCode, message: string, details?: Readonly<Record<string, unknown>>): Outcome {
  return details ? { kind: 'refused', code, message, details } : { kind: 'refused', code, message }
}

/** Why a user gets no seat. Returns undefined if there is a seat. @param yielding how many seats bots would give to a player */
export function refusalOfJoin(
  { max, guests, lateJoin }: SeatRules,
  { user, isGuest }: Joiner,
  { seats, isLocked, wasFull }: Registers,
  yielding: number,
): Outcome | undefined {
  if (BOT_ID.test(user)) return refusal('FORBIDDEN', `"${user}" is the name of a bot`)
  if (isGuest && !guests) return refusal('FORBIDDEN', 'guests may not play here')
  if (isLocked) return refusal('ROOM_LOCKED', 'the room is locked')
  if (seats.all.length - yielding >= max) return refusal('ROOM_FULL', `the room has ${max} seats`)
  return wasFull && !lateJoin ? refusal('ROOM_LOCKED', 'the match has begun') : undefined
}

/**
 * Turns a game's refusal into an outcome. Returns a TypeError if the refusal is a mistake: it only makes sense if a player has
 * asked for something.
 */
export function toOutcome({ refusals }: Game, callback: string, { code, details }: GameRefusal): Outcome | TypeError {
  if (refusals && !refusals.has(code)) return new TypeError(`refuse("${code}"): it is not in refusals`)
  if (!callback.startsWith('on.') && callback !== 'join') {
    return new TypeError(`refuse("${code}") in ${callback}: nobody asked for anything`)
  }
  const message = refusals?.get(code) ?? `the game refused: ${code}`
  try {
    return refusal('REFUSED', message, {
      code,
      ...(details === undefined ? {} : { details: checkValue(JSON_TYPE, details) }),
    })
  } catch (error) {
    return new TypeError(`refuse("${code}"): its details must be JSON without null: ${String(error)}`)
  }
}

/**
 * The result of `over` as a copy, which later `leave` callbacks cannot change. Returns undefined if the room goes on. Rewards of
 * guests and bots are left out, because they have no money. Throws TypeFault, TypeError.
 */
export function endOf(said: Over, players: Players): Pick<Ending, 'result' | 'rewards'> | undefined {
  if (said === undefined || said === false) return undefined
  if (typeof said !== 'object' || said === null) throw new TypeError('over gives false, or { result, rewards }')
  const { result, rewards = [] } = said
  const own = checkValue(REWARDS, rewards)
  for (const reward of own) checkReward(reward, players)
  return { result: resultOf(result), rewards: own.filter(({ user }) => players.hasMoney(user) === true) }
}

function resultOf(result: Json | undefined): Json | null {
  const own = result === undefined ? null : checkValue(JSON_TYPE, result)
  if (JSON.stringify(own).length <= RESULT_UNITS_MAX) return own
  throw new TypeError(`over: a result of more than ${RESULT_UNITS_MAX} characters`)
}

function checkReward({ user, currency, amount }: Reward, players: Players): void {
  if (!Number.isSafeInteger(amount) || amount < 1) throw new TypeError(`over: a reward of ${amount}: an integer from 1`)
  if (!NAME.test(currency) || isForbiddenKey(currency)) {
    throw new TypeError(`over: a reward in "${currency}": 1 to 64 of A-Z, a-z, 0-9, _ and -`)
  }
  if (players.hasMoney(user) === undefined && !BOT_ID.test(user)) {
    throw new TypeError(`over: a reward for "${user}", who has had no seat`)
  }
}

/** Counts the failures of a room's callbacks: those of this tick, and those of each callback in a row. */
export class Failures {
  readonly #inRow: Map<string, number>
  #ofTick: Failure[] = []

  constructor(inRow: Iterable<readonly [callback: string, inRow: number]>) {
    this.#inRow = new Map(inRow)
  }

  get inRow(): readonly (readonly [callback: string, inRow: number])[] {
    return [...this.#inRow]
  }

  get ofTick(): readonly Failure[] {
    return this.#ofTick
  }

  newTick(): void {
    this.#ofTick = []
  }

  /** Puts back the counts of failures in a row. Failures of this tick are still reported. */
  restore(inRow: Failures['inRow']): void {
    this.#inRow.clear()
    for (const [callback, count] of inRow) this.#inRow.set(callback, count)
  }

  succeeded(callback: string): void {
    this.#inRow.delete(callback)
  }

  /**
   * Returns true if the callback has failed so often that the room has to end. A `join` that fails costs only the user who wants a
   * seat, so no user can end the room of others by asking again and again.
   */
  add(failure: Failure): boolean {
    const inRow = (this.#inRow.get(failure.callback) ?? 0) + 1
    this.#inRow.set(failure.callback, inRow)
    this.#ofTick.push(failure)
    return inRow >= FAILURES_MAX && failure.callback !== 'join'
  }
}
