import { toError } from '../../base/assert.ts'
import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { Keys } from './keys.ts'
import type { Lanes } from './lanes.ts'
import { decodeMarks, encodeMarks, markBefore, withMark, type Mark, type Span } from './marks.ts'
import type { Members } from './members.ts'
import type { NodePlace } from './node-place.ts'
import { found, isSince, put, read } from './requests.ts'

export interface CaretakerOptions {
  readonly node: string
  readonly members: Members
  readonly lanes: Lanes
  readonly place: NodePlace
  readonly keys: Keys
  readonly clock: Clock
  readonly log: Log
  /** How much of the log is kept. */
  readonly retention: Span
  /** False if something else compacts this etcd. */
  readonly mayCompact: boolean
  /** The revision that every live node has applied. */
  readonly seenByAll: () => number
  readonly position: () => number
  /** How much was added to the log since this process started. */
  readonly logBytes: () => number
}

const COMPACT_MS = 2_000
const MARKS_PER_RETENTION = 100
const TICK_MS_MIN = 100
const TICK_MS_MAX = 2_000

/**
 * A duty that one node has at a time, held by its lease. The caretaker notes where the log stands, and lets etcd forget what is
 * older than the retention and was applied by every live node. Each step is done only if the duty is still this node's.
 */
export class Caretaker {
  readonly #options: CaretakerOptions
  /** The revision that made the duty's key, while the duty is this node's; otherwise 0. */
  #since = 0
  #marks: readonly Mark[] = []
  /**
   * The monotonic time at which this node first saw each mark. With wall times, a jump of the clock could make the log look old.
   */
  #knownSince = new Map<Mark, number>()
  #bytesBase = 0
  #compactedTo = 0
  #busy = false
  readonly #timer: NodeJS.Timeout

  constructor(options: CaretakerOptions) {
    this.#options = options
    const tickMs = Math.min(TICK_MS_MAX, Math.max(TICK_MS_MIN, options.retention.ms / MARKS_PER_RETENTION))
    this.#timer = setInterval(() => void this.#tick(), tickMs)
  }

  get isHeld(): boolean {
    return this.#since > 0
  }

  /** This node lost its place, and with it the duty. */
  lost(): void {
    this.#since = 0
  }

  close(): void {
    clearInterval(this.#timer)
    this.#since = 0
  }

  async #tick(): Promise<void> {
    if (this.#busy) return
    this.#busy = true
    try {
      if (this.#since === 0) await this.#take()
      if (this.#since > 0) await this.#work()
    } catch (cause) {
      this.#options.log.debug({ err: toError(cause) }, 'the caretaker could not work')
    } finally {
      this.#busy = false
    }
  }

  async #take(): Promise<void> {
    const { lanes, keys, node, place, log, members, logBytes, clock } = this.#options
    const result = await lanes.commit({
      compares: [isSince(keys.caretaker, 0)],
      operations: [put(keys.caretaker, Buffer.from(node), place.lease)],
      reads: [],
      records: [],
      bytes: 0,
    })
    if (!result.committed) return
    const { kvs } = await members.read((member, withinMs) => member.range({ key: keys.marks }, withinMs))
    this.#marks = kvs[0] ? decodeMarks(kvs[0].value) : []
    this.#knownSince = new Map(this.#marks.map((mark) => [mark, clock.nowMs()]))
    this.#bytesBase = (this.#marks.at(-1)?.bytes ?? 0) - logBytes()
    this.#since = result.revision
    log.info({ node }, 'this node is the caretaker')
  }

  async #work(): Promise<void> {
    const { lanes, keys, clock, retention, position, logBytes, seenByAll, mayCompact } = this.#options
    const mark = { atMs: clock.wallMs(), revision: position(), bytes: this.#bytesBase + logBytes() }
    this.#knownSince.set(mark, clock.nowMs())
    const marks = withMark(this.#marks, mark, retention, this.#ageOf)
    const result = await lanes.commit({
      compares: [isSince(keys.caretaker, this.#since)],
      operations: [put(keys.marks, encodeMarks(marks))],
      reads: [read(keys.caretaker, { keysOnly: true })],
      records: [],
      bytes: 0,
    })
    if (!result.committed) {
      const holder = found(result.response, result.readsFrom)
      this.#options.log.warn(
        { security: 'fence_lost', holder: holder?.create_revision },
        'the duty of the caretaker is lost',
      )
      this.#since = 0
      return
    }
    this.#marks = marks
    this.#knownSince = new Map(marks.map((kept) => [kept, this.#knownSince.get(kept) ?? clock.nowMs()]))
    const oldest = markBefore(marks, retention, this.#ageOf)
    const target = Math.min(oldest?.revision ?? 0, seenByAll())
    if (mayCompact && target > this.#compactedTo) await this.#compact(target)
  }

  readonly #ageOf = (mark: Mark): number => {
    const nowMs = this.#options.clock.nowMs()
    return nowMs - (this.#knownSince.get(mark) ?? nowMs)
  }

  /** It does no harm if it comes late: the revision was old enough when it was chosen. */
  async #compact(revision: number): Promise<void> {
    const { members, log } = this.#options
    this.#compactedTo = revision
    await members.call((member) => member.compact(revision, COMPACT_MS))
    log.debug({ revision }, 'etcd was compacted')
  }
}
