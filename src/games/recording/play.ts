import type { Checkpoint } from '../checkpoint.ts'
import type { Game } from '../define.ts'
import { differenceOf } from '../difference.ts'
import type { TickResult } from '../entries.ts'
import { decodeTick, type TickRecord } from '../journal.ts'
import { resume } from '../migrate.ts'
import { closeRealm } from '../realm-guards.ts'
import { GameRun } from '../run.ts'
import { checkOptions } from '../options.ts'
import { hashOf } from '../sync/tree-hash.ts'
import { RecordingError, type Note, type Part, type RecordingEnd } from './format.ts'
import type { Recording } from './read.ts'

/** A tick that was played again. */
export interface PlayedTick {
  readonly run: GameRun
  /** What entered it, as the recording has it; ticks without entries have no record. */
  readonly record: () => TickRecord | undefined
  readonly result: TickResult
}

export interface PlayOptions {
  /** The last tick that is played. By default all are. */
  readonly toTick?: number
  /** If false, nothing is compared with the recording. By default true. */
  readonly isCompared?: boolean
  /** The room of a part stands where the part begins. */
  readonly onPart?: (part: Part, run: GameRun) => void
  readonly onTick?: (tick: PlayedTick) => void
  readonly onNote?: (note: Note) => void
}

/** Where a replay comes to something else than the recording. */
export interface Difference {
  /** The first that is known to differ. */
  readonly tick: number
  /** Up to this tick both are known to be the same; null: nothing was compared before. */
  readonly sameUpTo: number | null
  /** The first path that differs, and how, as in `state.count is 3, and was 2`. */
  readonly what: string
}

export interface PlayReport {
  /** Undefined if there is no part in the recording. */
  readonly run: GameRun | undefined
  readonly ticks: number
  /** Hashes of the recording to which the replay came, and whole states. */
  readonly hashes: number
  readonly states: number
  readonly difference: Difference | undefined
  /** Parts of other versions of the game, which were not played, or not compared. */
  readonly otherVersions: readonly Part[]
  /** Undefined if it was not reached. */
  readonly end: RecordingEnd | undefined
  readonly torn: string | undefined
}

/**
 * Plays a recording again, in this process. Parts of another version are passed over; if all are, the last is played from the state that `migrate` makes of
 * its beginning, and not compared.
 * @throws RecordingError if it is of another game, damaged, or no way leads to this version
 */
export function playRecording(game: Game, recording: Recording, options: PlayOptions = {}): PlayReport {
  closeRealm()
  const { head } = recording
  if (head.game !== game.name) throw new RecordingError(`a recording of the game ${head.game}: this is ${game.name}`)
  return new Player(game, recording, options).play()
}

type Pending = { readonly tick: number; readonly bytes: Uint8Array } | { readonly tick: number; readonly note: Note }

class Player {
  readonly #game: Game
  readonly #recording: Recording
  readonly #options: PlayOptions
  /** Items may come a little before the checkpoint of an earlier tick. */
  #pending: Pending[] = []
  #run: GameRun | undefined
  #part: Part | undefined
  #ticks = 0
  #hashes = 0
  #states = 0
  #sameUpTo: number | null = null
  /** Of a hash: it is waited for the next whole state, which says where. */
  #otherHash: { readonly tick: number; readonly what: string } | undefined
  #difference: Difference | undefined
  #end: RecordingEnd | undefined
  /** `toTick` was reached. */
  #isStopped = false

  constructor(game: Game, recording: Recording, options: PlayOptions) {
    this.#game = game
    this.#recording = recording
    this.#options = options
  }

  play(): PlayReport {
    const { chosen, others } = this.#chooseParts()
    let index = -1
    let isBeginning = false
    for (const item of this.#recording.items()) {
      if (item.kind === 'part') {
        if (this.#part) this.#catchUp(Infinity)
        isBeginning = true
        this.#part = chosen.has(++index) ? item.part : undefined
      } else if (item.kind === 'end') {
        this.#catchUp(Infinity)
        if (this.#part) this.#finish(item.end)
        else this.#end = item.end
      } else if (!this.#part) continue
      else if (item.kind === 'checkpoint' && isBeginning) {
        isBeginning = false
        this.#begin(this.#part, JSON.parse(item.text) as Checkpoint)
      } else if (item.kind === 'checkpoint') this.#compareState(JSON.parse(item.text) as Checkpoint)
      else if (item.kind === 'record') this.#pending.push({ tick: decodeTick(item.bytes).tick, bytes: item.bytes })
      else this.#pending.push({ tick: item.note.tick, note: item.note })
      if (this.#isStopped || this.#difference) break
    }
    this.#catchUp(Infinity)
    this.#settleHash()
    return {
      run: this.#run,
      ticks: this.#ticks,
      hashes: this.#hashes,
      states: this.#states,
      difference: this.#difference,
      otherVersions: others,
      end: this.#end,
      torn: this.#recording.torn,
    }
  }

  /** By their places. */
  #chooseParts(): { readonly chosen: ReadonlySet<number>; readonly others: readonly Part[] } {
    const { version } = this.#game
    const parts = this.#recording.parts()
    const own = parts.flatMap((part, i) => (part.version === version ? [i] : []))
    const chosen = own.length > 0 ? own : parts.slice(-1).map(() => parts.length - 1)
    return { chosen: new Set(chosen), others: parts.filter((part) => part.version !== version) }
  }

  get #isCompared(): boolean {
    return this.#options.isCompared !== false && this.#part?.version === this.#game.version
  }

  #begin(part: Part, checkpoint: Checkpoint): void {
    try {
      this.#run = resume(this.#game, checkpoint)
    } catch (cause) {
      throw new RecordingError(cause instanceof Error ? cause.message : String(cause), { cause })
    }
    this.#otherHash = undefined
    if (part.why === 'start' && this.#isCompared) this.#compareCreate(checkpoint)
    this.#options.onPart?.(part, this.#run)
    if (this.#options.toTick !== undefined && this.#run.tick >= this.#options.toTick) this.#isStopped = true
  }

  /** What `create` makes now. */
  #compareCreate(checkpoint: Checkpoint): void {
    const { seed, options } = this.#recording.head
    const { roomId, startMs, stateBytesMax } = checkpoint
    const limit = stateBytesMax === null ? {} : { stateBytesMax }
    try {
      const valid = checkOptions(this.#game, options)
      const made = GameRun.create({ game: this.#game, roomId, seed, startMs, options: valid, ...limit })
      this.#hold(0, differenceOf(toValue(checkpoint), toValue(made.checkpoint())))
    } catch (error) {
      this.#hold(0, `create threw ${String(error)}`)
    }
  }

  #compareState(recorded: Checkpoint): void {
    this.#catchUp(recorded.tick)
    const run = this.#run
    if (!run || !this.#isCompared || this.#isStopped || this.#difference || run.tick !== recorded.tick) return
    if (this.#isOfOthers(recorded.tick)) return
    const difference = differenceOf(toValue(recorded), toValue(run.checkpoint()))
    if (this.#otherHash) this.#settleHash(difference)
    else if (this.#hold(recorded.tick, difference)) this.#states++
  }

  /** All that has come, up to this tick: what is of later ones waits. */
  #catchUp(tick: number): void {
    const later: Pending[] = []
    for (const item of this.#pending) {
      if (item.tick > tick) later.push(item)
      else if ('note' in item) this.#options.onNote?.(item.note)
      else this.#playRecord(item.bytes)
    }
    this.#pending = later
    // Ticks without a record, up to the state that is compared next.
    if (tick < Infinity) this.#playEmpty(tick)
  }

  #playRecord(bytes: Uint8Array): void {
    const record = decodeTick(bytes)
    if (!this.#run || record.tick <= this.#run.tick) return
    this.#playEmpty(record.tick - 1)
    this.#step(record, () => decodeTick(bytes))
    this.#compareHash(record)
  }

  #playEmpty(upTo: number): void {
    if (this.#game.hz === 0) return
    while (this.#run && this.#run.tick < upTo && this.#mayStep()) this.#step(NOTHING, () => undefined)
  }

  #mayStep(): boolean {
    return !this.#isStopped && this.#difference === undefined
  }

  #step({ entries, nowMs }: Pick<TickRecord, 'entries' | 'nowMs'>, record: PlayedTick['record']): void {
    const run = this.#run
    if (!run || !this.#mayStep()) return
    if (run.ending) {
      const what = `the replay is over (${run.ending.why}), and the recording goes on`
      if (this.#isCompared) this.#differs(run.tick, what)
      else this.#isStopped = true
      return
    }
    const result = run.step(entries, nowMs)
    this.#ticks++
    this.#options.onTick?.({ run, record, result })
    if (run.tick === this.#options.toTick) this.#isStopped = true
  }

  #compareHash({ tick, hash }: TickRecord): void {
    const run = this.#run
    if (!run || run.tick !== tick || hash === null || !this.#isCompared || this.#isOfOthers(tick)) return
    if (this.#difference || this.#otherHash) return
    const own = hashOf(run.shape, run.tree)
    if (own === hash) {
      this.#hashes++
      this.#sameUpTo = tick
    } else {
      const what = `the state has the hash ${own}, and had ${hash}; the recording has no whole state behind it that says where it differs`
      this.#otherHash = { tick, what }
    }
  }

  #isOfOthers(tick: number): boolean {
    return tick <= (this.#part?.othersUpTo ?? -1)
  }

  /** @param difference of the next whole state; undefined: there is none, or it is the same */
  #settleHash(difference?: string): void {
    if (this.#otherHash) this.#differs(this.#otherHash.tick, difference ?? this.#otherHash.what)
  }

  /** Returns whether it is the same. */
  #hold(tick: number, difference: string | undefined): boolean {
    if (difference === undefined) this.#sameUpTo = tick
    else this.#differs(tick, difference)
    return difference === undefined
  }

  #differs(tick: number, what: string): void {
    this.#difference ??= { tick, sameUpTo: this.#sameUpTo, what }
  }

  #finish(end: RecordingEnd): void {
    if (!this.#mayStep()) return
    this.#end = end
    if (end.isOfGame) this.#playEmpty(end.tick)
    const run = this.#run
    if (!run || !end.isOfGame || !this.#isCompared || !this.#mayStep() || this.#otherHash) return
    const { why, result } = end
    const was = { ending: { why, result } }
    const is = { ending: run.ending && { why: run.ending.why, result: run.ending.result } }
    this.#hold(end.tick, differenceOf(was, is))
  }
}

const NOTHING = { entries: [], nowMs: 0 } as const

/** The state first, as that is what an author knows. */
export function toValue(checkpoint: Checkpoint): Readonly<Record<string, unknown>> {
  const { state, host: _ofHost, ...room } = JSON.parse(JSON.stringify(checkpoint)) as Checkpoint & { host?: unknown }
  return { state: JSON.parse(state) as unknown, ...room }
}
