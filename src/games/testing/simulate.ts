import type { Game, GameTypes } from '../define.ts'
import { encodeHead, type JournalHead } from '../journal.ts'
import { closeRealm } from '../realm-guards.ts'
import { Recording } from '../recording/read.ts'
import { checkOptions } from '../options.ts'
import { SimulatedRoom } from './simulated-room.ts'
import { Simulation } from './simulation.ts'
import { simulateRecorded, type RecordedOptions } from './recorded.ts'
import { replayRoom, type Journal } from './replay.ts'

export interface SimulateOptions<Options = unknown> {
  /** What chance starts from: an integer from 0 below 2^53. By default 1. */
  readonly seed?: number
  /** From whoever makes the room. By default `{}`. */
  readonly options?: Options
  /** Unix time in milliseconds of tick 0. By default the first second of 2026. */
  readonly startMs?: number
  /** By default the name of the game and `:test`. */
  readonly roomId?: string
}

const START_MS = Date.UTC(2026, 0, 1)

/**
 * A room of this game on a clock by hand, in this process and without a server.
 * @throws TypeFault if the options do not fit, and what `create` throws
 * @example
 * const room = simulate(arena, { seed: 7, options: { map: 'sea' } })
 * room.join('ann')
 * assert.equal(room.input('ann', 'fire', {}).code, 'NOT_YET')
 * room.advance(5_000)
 */
export function simulate<Types extends GameTypes>(
  game: Game<Types>,
  options?: SimulateOptions<Types['options']>,
): Simulation<Types>
/**
 * The room of a recording, as `readRecording` reads it: a report from production becomes a test. It is not compared with what was recorded, as a game that
 * was mended comes to something else; `replay` does that. What failed, was said or emitted while it was played is in the lists.
 * @throws RecordingError if it is of another game, or damaged
 * @example
 * const room = simulate(arena, readRecording('arena.x7Kd.recording'), { toTick: 1200 })
 * assert.deepEqual(room.failures, [])
 */
export function simulate<Types extends GameTypes>(
  game: Game<Types>,
  recording: Recording,
  options?: RecordedOptions,
): Simulation<Types>
export function simulate<Types extends GameTypes>(
  game: Game<Types>,
  given: SimulateOptions<Types['options']> | Recording = {},
  options: RecordedOptions = {},
): Simulation<Types> {
  closeRealm()
  if (given instanceof Recording) return simulateRecorded(game, given, options)
  const head = headOf(game, given)
  return new Simulation<Types>(SimulatedRoom.create(game, head), encodeHead(head))
}

/** How a room begins. Throws TypeFault if the options do not fit. */
export function headOf(
  game: Game,
  { seed = 1, options = {}, startMs = START_MS, roomId = `${game.name}:test` }: SimulateOptions,
): JournalHead {
  const { name, version } = game
  return { game: name, version, roomId, seed, startMs, options: checkOptions(game, options) }
}

/**
 * The room that comes of a journal, or of a recording; it can be played on.
 * @throws ReplayError with the tick that is another one, if it comes to another state than when it was recorded
 * @throws JournalError if it is no journal; RecordingError if the recording is of another game, or damaged
 */
export function replay<Types extends GameTypes>(game: Game<Types>, journal: Journal | Recording): Simulation<Types> {
  if (journal instanceof Recording) return simulateRecorded(game, journal, { isCompared: true })
  return new Simulation<Types>(replayRoom(game, journal), journal.head)
}
