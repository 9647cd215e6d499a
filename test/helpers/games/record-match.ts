import path from 'node:path'
import type { Game } from '../../../src/games/define.ts'
import type { Entry } from '../../../src/games/entries.ts'
import { encodeEntries, joinTick } from '../../../src/games/journal.ts'
import { checkOptions } from '../../../src/games/options.ts'
import { GameRun } from '../../../src/games/run.ts'
import { hashOf } from '../../../src/games/sync/tree-hash.ts'
import { RecordingFiles } from '../../../src/recordings/recording-files.ts'
import { Recorder } from '../../../src/recordings/recorder.ts'
import type { RecordingLimits } from '../../../src/recordings/limits.ts'
import { NO_LOG } from '../no-log.ts'

export const LIMITS: RecordingLimits = {
  countMax: 100,
  bytesMax: 2 ** 24,
  bytesOfAllMax: 2 ** 30,
  ageMsMax: 86_400_000,
}
const START_MS = Date.UTC(2026, 0, 1)

export interface Shelf {
  readonly folder: string
  readonly files: RecordingFiles
  readonly recorder: Recorder
  /** How many recordings ended before their rooms. */
  readonly cut: () => number
}

/** A recorder whose files are written at once, on this thread. */
export function openShelf(
  folder: string,
  {
    nowMs = () => START_MS,
    readFree = () => Infinity,
    ...limits
  }: Partial<RecordingLimits> & { readonly nowMs?: () => number; readonly readFree?: () => number } = {},
): Shelf {
  const files = new RecordingFiles({ folder, limits: { ...LIMITS, ...limits }, nowMs, readFree })
  let cut = 0
  const options = { server: 'test', wallMs: nowMs, log: NO_LOG, onWritten: () => {}, onCut: () => void cut++ }
  const send = (block: Uint8Array) => recorder.heard(files.apply(Buffer.from(block)))
  const recorder: Recorder = new Recorder(options, { send }, files.unfinished())
  return { folder, files, recorder, cut: () => cut }
}

export interface Match {
  readonly game: Game
  readonly room?: string
  readonly seed?: number
  readonly options?: unknown
  readonly ticks: number
  /** What enters in a tick. */
  readonly entries: (tick: number, run: GameRun) => readonly Entry[]
  /** By default true. */
  readonly isEnded?: boolean
}

/** Plays a match as a host does, and records it. Returns the run, and the file if nothing else had that name. */
export function recordMatch(
  { recorder, folder }: Shelf,
  { game, room = `${game.name}:x`, seed = 7, options = {}, ticks, entries, isEnded = true }: Match,
): { readonly run: GameRun; readonly file: string } {
  const run = GameRun.create({ game, roomId: room, seed, startMs: START_MS, options: checkOptions(game, options) })
  const { version, hz } = game
  const pen = recorder.begin({ room, game: game.name, version, hz, seed, options, began: 'start', tick: 0 })
  const part = { why: 'start', tick: 0, version, othersUpTo: null } as const
  pen?.part(part, JSON.stringify(run.checkpoint()))
  for (let tick = 1; tick <= ticks && !run.ending; tick++) {
    const all = entries(tick, run)
    const bytes = encodeEntries(all)
    const nowMs = START_MS + 50 * tick
    const result = run.step(all, nowMs)
    if (all.length > 0 || run.isCheckpointTick) {
      const hash = run.isHashTick ? hashOf(run.shape, run.tree) : null
      pen?.record(tick, joinTick({ tick, nowMs: hz === 0 ? result.nowMs : 0, hash }, bytes))
    }
    if (!run.isCheckpointTick || run.ending) continue
    pen?.checkpoint(tick, JSON.stringify(run.checkpoint()), () => {})
    recorder.flush()
  }
  if (isEnded) {
    const { why = 'ended', result = null } = run.ending ?? {}
    pen?.end({ tick: run.tick, why, isOfGame: run.ending !== undefined, result, message: null })
  }
  recorder.flush()
  return { run, file: path.join(folder, `${room.replace(':', '.')}.recording`) }
}
