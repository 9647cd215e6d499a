import type { Clock } from '../base/clock.ts'
import { decodeRecord, encodeRecord } from '../store/json-records.ts'
import type { Store } from '../store/store.ts'

/** The wall clock at a moment of lived time. */
type Mark = readonly [livedMs: number, wallMs: number]

interface LivedRecord {
  readonly lived_ms: number
  /** The oldest first. */
  readonly marks: readonly Mark[]
}

export interface LivedTimeOptions {
  readonly store: Pick<Store, 'get' | 'commit'>
  readonly clock: Clock
  /** How long records are kept. */
  readonly keepMs: number
}

const KEY = 'meta/lived-time'
const MARKS_PER_KEEP = 100
/** A process that dies loses at most this much of its lived time. Records are then kept longer by as much. */
const WRITTEN_EACH_MS = 10 * 60_000
const BEHIND_MS = 60_000

/**
 * Tells what is old enough to be deleted. Records are dated by wall clocks, which may be wrong for a minute or a month. So a
 * record is old only if a server has run for `keepMs` while it existed. This lived time is counted by the monotonic clock, and
 * the store carries it from one process to the next. While no server runs, nothing gets older.
 */
export class LivedTime {
  readonly #options: LivedTimeOptions
  readonly #markEachMs: number
  #record: LivedRecord | undefined
  #revision = 0
  #behindMs: number | undefined
  /** The moment up to which the record has counted. Monotonic. */
  #countedMs = 0
  #writtenMs = -Infinity

  constructor(options: LivedTimeOptions) {
    this.#options = options
    this.#markEachMs = options.keepMs / MARKS_PER_KEEP
  }

  /**
   * How far the wall clock is behind the latest time that the record has seen. Undefined if it is not behind by more than a
   * minute. While it is behind, nothing counts as old.
   */
  get behindMs(): number | undefined {
    return this.#behindMs
  }

  /**
   * Returns a Unix time in milliseconds: records with an earlier date have been kept long enough. Returns undefined if there can
   * be none. One node should call this about once a minute, while its wall clock is right. Throws what the store throws on reads.
   * A store that accepts no writes at the moment does not make it throw.
   */
  async readUntilMs(): Promise<number | undefined> {
    const { clock, keepMs } = this.#options
    const read = this.#record ?? (await this.#read())
    const [nowMs, wallMs] = [clock.nowMs(), clock.wallMs()]
    const livedMs = read.lived_ms + nowMs - this.#countedMs
    this.#countedMs = nowMs
    // If the clock was set back since an earlier process, records of now would look older than they are.
    const behindMs = (read.marks.at(-1)?.[1] ?? 0) - wallMs
    const isBehind = behindMs > BEHIND_MS
    this.#behindMs = isBehind ? behindMs : undefined
    const marks = isBehind ? read.marks : this.#withMark(read.marks, [livedMs, wallMs])
    this.#record = { lived_ms: livedMs, marks }
    if (nowMs - this.#writtenMs >= Math.min(WRITTEN_EACH_MS, this.#markEachMs)) await this.#write(nowMs)
    if (isBehind) return undefined
    const from = marks.findLastIndex(([lived]) => lived <= livedMs - keepMs)
    if (from === -1) return undefined
    // Takes the earliest wall time since that mark, so that a clock that was wrong when a mark was made does no harm.
    return Math.min(wallMs - keepMs, ...marks.slice(from).map(([, wall]) => wall))
  }

  async #read(): Promise<LivedRecord> {
    const [stored] = await this.#options.store.get([KEY])
    // Begins to count here, so that time that another node has counted is not counted twice.
    this.#countedMs = this.#options.clock.nowMs()
    this.#revision = stored?.revision ?? 0
    return stored ? (decodeRecord(stored) as LivedRecord) : { lived_ms: 0, marks: [] }
  }

  #withMark(marks: readonly Mark[], mark: Mark): readonly Mark[] {
    const last = marks.at(-1)
    if (last && mark[0] - last[0] < this.#markEachMs) return marks
    const all = [...marks, mark]
    const needed = all.findLastIndex(([lived]) => lived <= mark[0] - this.#options.keepMs)
    return all.slice(Math.max(0, needed))
  }

  /**
   * If the store accepts no writes now, the record is written later. If another node has written meanwhile, its record is used.
   */
  async #write(nowMs: number): Promise<void> {
    const value = encodeRecord(this.#record)
    const guards = [{ key: KEY, revision: this.#revision }]
    const result = await this.#options.store
      .commit({ guards, puts: [{ key: KEY, value }], durable: true })
      .catch(() => undefined)
    if (!result) return
    if (result.committed) {
      this.#revision = result.revision
      this.#writtenMs = nowMs
    } else {
      this.#record = undefined
    }
  }
}
