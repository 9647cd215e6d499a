import type { Game } from '../games/define.ts'
import { checkOptions } from '../games/options.ts'
import { GameRefusal } from '../games/refuse.ts'
import { GameRun } from '../games/run.ts'
import { TypeFault } from '../games/sync/shape.ts'
import type { OpenRoom } from '../link/methods/host.ts'
import { badRequest, Refusal } from '../protocol/errors.ts'

const PATH = 'payload.options'

export interface OpenRunOptions {
  readonly game: Game
  readonly args: OpenRoom
  /** The time of tick 0. */
  readonly startMs: number
  readonly stateBytesMax: number
  /** Called when `create` or the validator of the options threw. Returns the trace id in the line of the log. */
  readonly onFailure: (callback: string, error: unknown) => string
}

/** Creates the game of a new room. Throws BAD_REQUEST for its options, REFUSED, GAME_FAILED. */
export function openRun({ game, args, startMs, stateBytesMax, onFailure }: OpenRunOptions): GameRun {
  const { roomId, seed } = args
  const options = validOptions(game, args.options, onFailure)
  try {
    return GameRun.create({ game, roomId, seed, startMs, options, stateBytesMax })
  } catch (thrown) {
    if (thrown instanceof GameRefusal) {
      const { code, details } = thrown
      throw new Refusal('REFUSED', thrown.message, { code, ...(details === undefined ? {} : { details }) })
    }
    throw failed('create', thrown, onFailure)
  }
}

function validOptions(game: Game, given: unknown, onFailure: OpenRunOptions['onFailure']): unknown {
  try {
    return checkOptions(game, given)
  } catch (thrown) {
    if (thrown instanceof TypeFault) {
      throw badRequest(thrown.path === '' ? PATH : `${PATH}.${thrown.path}`, thrown.reason)
    }
    throw failed('options', thrown, onFailure)
  }
}

function failed(callback: string, thrown: unknown, onFailure: OpenRunOptions['onFailure']): Refusal {
  return new Refusal('GAME_FAILED', `${callback} of the game failed`, { trace_id: onFailure(callback, thrown) })
}
