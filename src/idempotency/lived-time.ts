import type { Clock } from '../base/clock.ts'
import { decodeRecord, encodeRecord } from '../store/json-records.ts'
import type { Store } from '../store/store.ts'

/** What the wall clock said when so much had been lived. */
type Mark = readonly [livedMs: number, wallMs: number]

interface LivedRecord {
  readonly lived_ms: number
  /** Oldest first. */
  readonly marks: readonly Mark[]
}

export interface LivedTimeOptions {
  readonly store: Pick<Store, 'get' | 'commit'>
  readonly clock: Clock
  /** How long what is dated is kept. */
  readonly keepMs: number
}

const KEY = 'meta/lived-time'
const MARKS_PER_KEEP = 100
/** So much that was lived may be forgotten by a process that dies: things are kept so much longer. */
const WRITTEN_EACH_MS = 10 * 60_000
const BEHIND_MS = 60_000

/**
 * What may be deleted for its age. Dates are by wall clocks, which may be wrong for a minute or a month; so nothing is old that has not been
 * there for `keepMs` of time in which a server ran, by its monotonic clock, from one process to the next by the store. While the
 * server stands still, nothing gets older.
 */
export class LivedTime {
  readonly #options: LivedTimeOptions
  readonly #markEachMs: number
  #record: LivedRecord | undefined
  #revision = 0
  #behindMs: number | undefined
  /** Monotonic: up to here it stands in the record. */
  #countedMs = 0
  #writtenMs = -Infinity

  constructor(options: LivedTimeOptions) {
    this.#options = options
    this.#markEachMs = options.keepMs / MARKS_PER_KEEP
  }

  /** How far the wall clock is behind what it has said in an earlier life; undefined if it is not. Meanwhile nothing is old. */
  get behindMs(): number | undefined {
    return this.#behindMs
  }

  /**
   * The Unix time in milliseconds before which what is dated has been kept long enough; undefined if nothing has. To be called each minute or so
   * by one node, while its wall clock is right. Throws what the store throws; a store that takes no writes now is no reason to throw.
   */
  async readUntilMs(): Promise<number | undefined> {
    const { clock, keepMs } = this.#options
    const read = this.#record ?? (await this.#read())
    const [nowMs, wallMs] = [clock.nowMs(), clock.wallMs()]
    const livedMs = read.lived_ms + nowMs - this.#countedMs
    this.#countedMs = nowMs
    // Set back since the last life: what is dated now would look older than it is.
    const behindMs = (read.marks.at(-1)?.[1] ?? 0) - wallMs
    const isBehind = behindMs > BEHIND_MS
    this.#behindMs = isBehind ? behindMs : undefined
    const marks = isBehind ? read.marks : this.#withMark(read.marks, [livedMs, wallMs])
    this.#record = { lived_ms: livedMs, marks }
    if (nowMs - this.#writtenMs >= Math.min(WRITTEN_EACH_MS, this.#markEachMs)) await this.#write(nowMs)
    if (isBehind) return undefined
    const from = marks.findLastIndex(([lived]) => lived <= livedMs - keepMs)
    if (from === -1) return undefined
    // A clock that was wrong when a mark was made does no harm: the earliest of those since then counts.
    return Math.min(wallMs - keepMs, ...marks.slice(from).map(([, wall]) => wall))
  }

  async #read(): Promise<LivedRecord> {
    const [stored] = await this.#options.store.get([KEY])
    // What another node has counted meanwhile is not counted twice.
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

  /** A store that takes no writes gets it later; another node that has written meanwhile is believed. */
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
