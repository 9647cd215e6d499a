import type { Game } from './define.ts'
import type { Failure, Outcome, RefusalCode } from './entries.ts'
import type { GameRefusal } from './refuse.ts'

export const DONE: Outcome = { kind: 'done' }
export const OVER = refusal('ROOM_OVER', 'the room is over')
export const NO_SEAT = refusal('NOT_IN_ROOM', 'no seat in this room')

/** Failures of one callback in a row that end the room. */
const FAILURES_MAX = 10

export function refusal(code: RefusalCode, message: string, details?: Readonly<Record<string, unknown>>): Outcome {
  return details ? { kind: 'refused', code, message, details } : { kind: 'refused', code, message }
}

/** What a game's refusal comes to, or what is wrong with it: only who asked for something can be refused. */
export function toOutcome({ refusals }: Game, callback: string, { code, details }: GameRefusal): Outcome | TypeError {
  if (refusals && !refusals.has(code)) return new TypeError(`refuse("${code}"): it is not in refusals`)
  if (!callback.startsWith('on.') && callback !== 'join') {
    return new TypeError(`refuse("${code}") in ${callback}: nobody asked for anything`)
  }
  const message = refusals?.get(code) ?? `the game refused: ${code}`
  return refusal('REFUSED', message, { code, ...(details === undefined ? {} : { details }) })
}

/** The callbacks of a room that failed: in this tick, and in a row. */
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

  succeeded(callback: string): void {
    this.#inRow.delete(callback)
  }

  /** Returns whether it has failed too often. */
  add(failure: Failure): boolean {
    const inRow = (this.#inRow.get(failure.callback) ?? 0) + 1
    this.#inRow.set(failure.callback, inRow)
    this.#ofTick.push(failure)
    return inRow >= FAILURES_MAX
  }
}
