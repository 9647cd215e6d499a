import { toError } from '../base/assert.ts'
import type { Log } from '../base/log.ts'
import { TokenBucket } from '../base/token-bucket.ts'
import type { Failure } from '../games/entries.ts'
import { StateTooLarge } from '../games/live-state.ts'
import { TypeFault } from '../games/sync/fault.ts'
import type { GameFailure } from '../link/methods/host.ts'
import { Refusal } from '../protocol/errors.ts'
import { describeThrown } from './author-place.ts'

export interface FailureLogOptions {
  readonly roomId: string
  readonly game: string
  readonly log: Log
  readonly newTraceId: () => string
  readonly onFailure: () => void
  /** Called for each failure that has a line in the log. */
  readonly tell: (failure: Omit<GameFailure, 'handle' | 'game'>) => void
}

/** Limits the lines of one room, because a game that fails with each input must not fill the log. */
const LINES_PER_SECOND = 2
const LINES_BURST = 20

/** Logs the failures of a game for its author, one line each, up to a limit. */
export class FailureLog {
  readonly #options: FailureLogOptions
  readonly #lines: TokenBucket
  readonly #known = new WeakMap<Failure, string>()
  #left = 0

  constructor(options: FailureLogOptions, nowMs: number) {
    this.#options = options
    this.#lines = new TokenBucket(LINES_PER_SECOND, LINES_BURST, nowMs)
  }

  /** Logs a failure, once. Returns the trace id in its line. */
  add(failure: Failure, tick: number, nowMs: number): string {
    const { roomId: room, game, log, newTraceId, onFailure, tell } = this.#options
    const traceId = this.#known.get(failure) ?? newTraceId()
    if (this.#known.has(failure)) return traceId
    this.#known.set(failure, traceId)
    onFailure()
    if (!this.#lines.take(1, nowMs)) {
      this.#left++
      return traceId
    }
    const { callback, error } = failure
    const leftOut = this.#left === 0 ? {} : { leftOut: this.#left }
    this.#left = 0
    const described = describeThrown(error)
    const { place } = described
    log.error(
      { room, game, callback, tick, traceId, ...(place === null ? {} : { place }), ...told(error, place), ...leftOut },
      'a game failed',
    )
    tell({ callback, tick, traceId, ...described })
    return traceId
  }

  /** Returns the answer to the player whose input or join failed. */
  refusal(failure: Failure, tick: number, nowMs: number): Refusal {
    const traceId = this.add(failure, tick, nowMs)
    return new Refusal('GAME_FAILED', `${failure.callback} of the game failed`, { trace_id: traceId })
  }
}

/**
 * The error as the log shows it. A state is checked when its callback has ended, so the stack of a state that does not fit has no
 * line of the author's. The log shows the path in the state instead.
 */
function told(error: unknown, place: string | null): object {
  const { name, message } = toError(error)
  if (place !== null) return { err: toError(error) }
  if (error instanceof TypeFault) return { path: error.path, err: { type: name, message } }
  return { err: error instanceof StateTooLarge ? { type: name, message } : toError(error) }
}
