import type { Json } from '../definition.ts'
import type { Outcome, RefusalCode } from '../entries.ts'

/** What became of something that was sent to a room. */
export interface Reply<Code extends string = string> {
  /** Whether the game, or the room, took it. */
  readonly ok: boolean
  /** The tick it was in; for what never reached the game, the one before. */
  readonly tick: number
  /** What the game gave to `room.reply`. */
  readonly value?: Json
  /** If it was not taken: what the game gave to `refuse`; else a code of the server, `GAME_FAILED` if a callback threw. */
  readonly code?: Code | RefusalCode | 'GAME_FAILED'
  readonly message?: string
  /** What the game gave to `refuse` beside the code. */
  readonly details?: unknown
  /** What the callback threw. */
  readonly error?: unknown
}

export function replyOf(outcome: Outcome, tick: number): Reply {
  switch (outcome.kind) {
    case 'done':
      return outcome.value === undefined ? { ok: true, tick } : { ok: true, tick, value: outcome.value }
    case 'failed': {
      const { callback, error } = outcome.failure
      return { ok: false, tick, code: 'GAME_FAILED', message: `${callback}: ${String(error)}`, error }
    }
    case 'refused': {
      const { code, message, details } = outcome
      if (code !== 'REFUSED') return { ok: false, tick, code, message }
      const own = details?.['details'] === undefined ? {} : { details: details['details'] }
      return { ok: false, tick, code: String(details?.['code']), message, ...own }
    }
  }
}

/** An input that never reached the game. */
export function badRequest(tick: number, error: Error): Reply {
  return { ok: false, tick, code: 'BAD_REQUEST', message: error.message }
}
