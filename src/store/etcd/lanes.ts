import { toError } from '../../base/assert.ts'
import type { Clock } from '../../base/clock.ts'
import { ANSWER_WITHIN_MS } from '../../base/deadline.ts'
import { delay } from '../../base/delay.ts'
import type { Random } from '../../base/random.ts'
import { OutcomeUnknown, StoreUnavailable, type LogRecord } from '../store.ts'
import type { Compare, Operation, TxnResponse } from './etcd3.ts'
import { failureOf, toUnavailable } from './failure.ts'
import { decodeLane, encodeLane } from './lane-codec.ts'
import type { Timeline } from './timeline.ts'
import type { Members } from './members.ts'
import { found, isAt, isNotBefore, isSince, put, read, revisionOf } from './requests.ts'

/** One etcd transaction without the lane's own part. */
export interface Change {
  readonly compares: readonly Compare[]
  readonly operations: readonly Operation[]
  /** Read instead if a comparison fails. */
  readonly reads: readonly Operation[]
  readonly records: readonly LogRecord[]
  /** About how many bytes its keys and values have. */
  readonly bytes: number
}

export type ChangeResult =
  | { readonly committed: true; readonly revision: number }
  /** The results of `reads` begin at `readsFrom`. */
  | { readonly committed: false; readonly response: TxnResponse; readonly readsFrom: number }

export interface LanesOptions {
  readonly members: Members
  readonly clock: Clock
  readonly random: Random
  readonly timeline: Timeline
  readonly epochKey: Buffer
  readonly keys: readonly Buffer[]
  /**
   * The key that must hold for this node to write at all. Throws StoreUnavailable if this node already knows that it has lost its
   * place.
   */
  readonly place: () => Place
  /** etcd has answered that this node lost its place. */
  readonly onLost: () => void
  readonly onCommitted: (revision: number) => void
}

/** The node's own key, and the revision that created it. Together they are its right to write. */
export interface Place {
  readonly key: Buffer
  readonly revision: number
  /** The last revision in which this node wrote the key, as far as etcd has confirmed it. */
  readonly writtenAt: number
}

/** Parts of a transaction that writes all lanes anew, if none of them is older than this node left it. */
export interface LanesWritten {
  readonly compares: readonly Compare[]
  readonly fences: readonly Operation[]
  /** Read instead if a comparison fails. */
  readonly reads: readonly Operation[]
  /** Throws if a lane is older. `readsFrom` is the index of the first of these reads in the answer. */
  requireAll(response: TxnResponse, readsFrom: number): void
}

interface Lane {
  readonly key: Buffer
  /** The revision in which this node last wrote the lane. */
  revision: number
  /** Set while the outcome of a transaction is not known. Holds its id, and the ids of the writes that are made to find out. */
  doubt: { readonly id: number; readonly fences: Set<number> } | undefined
}

const ATTEMPT_MS = 900
/** A failed transaction reads the lane, the node and the epoch before the change's own reads. */
const OWN_READS = 3

/**
 * Runs several transactions at once, and finds out of each whether it happened. A lane is a key that one transaction at a time
 * writes, if it is still as this node left it. Its value is the batch of the log, with an id. If an outcome is not known, the
 * lane is written again with the same condition. If that succeeds, the lost transaction can never happen any more. If not, and
 * the lane shows the lost transaction's id, it has happened.
 */
export class Lanes {
  readonly #options: LanesOptions
  readonly #all: readonly Lane[]
  readonly #free: Lane[]
  readonly #waiting: ((lane: Lane) => void)[] = []
  /** How many lanes have a transaction in doubt whose caller was told so, because etcd did not answer. */
  #silentCount = 0
  #nextId: number
  #closed = false

  constructor(options: LanesOptions) {
    this.#options = options
    this.#all = options.keys.map((key) => ({ key, revision: 0, doubt: undefined }))
    this.#free = [...this.#all]
    this.#nextId = Math.floor(options.random.fraction() * 2 ** 32) * 2 ** 20
  }

  /** How many comparisons, and how many operations, a lane adds to a transaction. */
  static readonly OPERATIONS = 4

  /**
   * @throws StoreUnavailable nothing was done
   * @throws OutcomeUnknown etcd did not say within 2 s
   */
  async commit(change: Change): Promise<ChangeResult> {
    const untilMs = this.#options.clock.nowMs() + ANSWER_WITHIN_MS
    // Throws at once if this node may not write.
    this.#options.place()
    if (this.#silentCount === this.#all.length) throw new StoreUnavailable(`${this.#silent()}; nothing was done`)
    const lane = await this.#take(untilMs)
    try {
      for (let attempt = 0; ; attempt++) {
        const result = await this.#attempt(lane, change, untilMs)
        if (result !== 'again') return result
        const waitMs = this.#options.members.backoffMs(attempt)
        if (this.#options.clock.nowMs() + waitMs >= untilMs)
          throw new StoreUnavailable(`${this.#silent()}; nothing was done`)
        await delay(waitMs)
      }
    } finally {
      if (lane.doubt) void this.#settleLater(lane)
      else this.#giveBack(lane)
    }
  }

  /**
   * Deletes keys, each if it still has the given revision. It needs no lane, because a delete does no harm if it is done twice or
   * late. etcd takes it even if its quota allows no more puts. Throws as `commit` does.
   */
  async remove({
    compares,
    operations,
    reads,
  }: Pick<Change, 'compares' | 'operations' | 'reads'>): Promise<ChangeResult> {
    const { members, place, timeline, epochKey, clock } = this.#options
    const untilMs = clock.nowMs() + ANSWER_WITHIN_MS
    const at = place()
    const txn = {
      compare: [isSince(at.key, at.revision), isNotBefore(at.key, at.writtenAt), timeline.comparison, ...compares],
      success: [...operations],
      failure: [read(at.key, { keysOnly: true }), read(epochKey), ...reads],
    }
    let response: TxnResponse
    try {
      response = await members.call((member) => member.txn(txn, this.#withinMs(untilMs)))
    } catch (cause) {
      if (cause instanceof StoreUnavailable || cause instanceof OutcomeUnknown) throw cause
      const failure = failureOf(toError(cause))
      if (failure === 'refused' || failure === 'unsent') throw toUnavailable(cause)
      throw new OutcomeUnknown(`${this.#silent()}: it is not known whether it was done`)
    }
    if (response.succeeded) return { committed: true, revision: revisionOf(response) }
    timeline.requireEpoch(found(response, 1))
    if (Number(found(response, 0)?.create_revision ?? 0) !== at.revision) throw this.#lost()
    return { committed: false, response, readsFrom: 2 }
  }

  /**
   * Writes all lanes in one transaction, which `register` makes, at a moment when none is in use. After that, no transaction of
   * before can happen any more.
   */
  async renew(register: (written: LanesWritten) => Promise<number>): Promise<void> {
    const taken: Lane[] = []
    try {
      while (taken.length < this.#all.length) taken.push(await this.#take(Infinity))
      const revision = await register(this.#writtenAnew(taken))
      for (const lane of taken) lane.revision = revision
    } finally {
      for (const lane of taken) this.#giveBack(lane)
    }
  }

  #writtenAnew(lanes: readonly Lane[]): LanesWritten {
    const { timeline } = this.#options
    return {
      compares: lanes.map(({ key, revision }) => isNotBefore(key, revision)),
      fences: lanes.map(({ key }) => put(key, this.#encode(this.#newId(), [], 0))),
      reads: lanes.map(({ key }) => read(key, { keysOnly: true })),
      requireAll(response, readsFrom) {
        lanes.forEach(({ key, revision }, i) => {
          timeline.requireOwnKey(key, Number(found(response, readsFrom + i)?.mod_revision ?? 0), revision)
        })
      },
    }
  }

  close(): void {
    this.#closed = true
  }

  /** Resolves to 'again' if nothing was done and the change may be tried again. */
  async #attempt(lane: Lane, change: Change, untilMs: number): Promise<ChangeResult | 'again'> {
    const { members, place, timeline, epochKey } = this.#options
    const at = place()
    const id = this.#newId()
    const own = put(lane.key, this.#encode(id, change.records, change.bytes))
    const txn = {
      compare: [
        isAt(lane.key, lane.revision),
        isSince(at.key, at.revision),
        isNotBefore(at.key, at.writtenAt),
        timeline.comparison,
        ...change.compares,
      ],
      success: [own, ...change.operations],
      failure: [read(lane.key, { keysOnly: true }), read(at.key, { keysOnly: true }), read(epochKey), ...change.reads],
    }
    try {
      const response = await members.call((member) => member.txn(txn, this.#withinMs(untilMs)))
      return response.succeeded ? this.#committed(lane, revisionOf(response)) : this.#refused(lane, at, response)
    } catch (cause) {
      if (cause instanceof StoreUnavailable || cause instanceof OutcomeUnknown) throw cause
      const failure = failureOf(toError(cause))
      if (failure === 'refused') throw toUnavailable(cause)
      if (failure === 'unsent') return 'again'
    }
    lane.doubt = { id, fences: new Set() }
    const outcome = await this.#settle(lane, lane.doubt, untilMs)
    if (outcome === 'unknown') throw new OutcomeUnknown(`${this.#silent()}: it is not known whether it was done`)
    return outcome === 'again' ? outcome : this.#committed(lane, lane.revision)
  }

  #committed(lane: Lane, revision: number): ChangeResult {
    lane.revision = revision
    this.#options.onCommitted(revision)
    return { committed: true, revision }
  }

  #refused(lane: Lane, place: Place, response: TxnResponse): ChangeResult {
    const { timeline } = this.#options
    const laneAt = Number(found(response, 0)?.mod_revision ?? 0)
    const node = found(response, 1)
    const nodeSince = Number(node?.create_revision ?? 0)
    timeline.requireEpoch(found(response, 2))
    timeline.requireOwnKey(lane.key, laneAt, lane.revision)
    if (nodeSince === place.revision) {
      timeline.requireOwnKey(place.key, Number(node?.mod_revision ?? 0), place.writtenAt)
    }
    if (laneAt === lane.revision && nodeSince === place.revision) {
      return { committed: false, response, readsFrom: OWN_READS }
    }
    throw this.#lost()
  }

  /** Finds out whether the transaction in doubt has written the lane. If it has not, prevents that it ever does. */
  async #settle(lane: Lane, doubt: NonNullable<Lane['doubt']>, untilMs: number): Promise<'done' | 'again' | 'unknown'> {
    const { members, clock } = this.#options
    for (let attempt = 0; clock.nowMs() < untilMs && !this.#closed; attempt++) {
      const fence = this.#newId()
      doubt.fences.add(fence)
      const txn = {
        compare: [isAt(lane.key, lane.revision)],
        success: [put(lane.key, this.#encode(fence, [], 0))],
        failure: [read(lane.key)],
      }
      try {
        const response = await members.call((member) => member.txn(txn, this.#withinMs(untilMs)))
        return this.#settled(lane, doubt, response)
      } catch (cause) {
        if (cause instanceof StoreUnavailable || cause instanceof OutcomeUnknown) throw cause
        await delay(members.backoffMs(attempt))
      }
    }
    return 'unknown'
  }

  #settled(lane: Lane, { id, fences }: NonNullable<Lane['doubt']>, response: TxnResponse): 'done' | 'again' {
    lane.doubt = undefined
    if (response.succeeded) {
      lane.revision = revisionOf(response)
      return 'again'
    }
    const kv = found(response, 0)
    const writer = kv && decodeLane(kv.value).id
    if (!kv || (writer !== id && !fences.has(writer ?? NaN))) throw this.#lost()
    lane.revision = Number(kv.mod_revision)
    return writer === id ? 'done' : 'again'
  }

  /** The caller was told OUTCOME_UNKNOWN. The lane's state must be known before it is used again. */
  async #settleLater(lane: Lane): Promise<void> {
    this.#silentCount++
    try {
      if (lane.doubt) await this.#settle(lane, lane.doubt, Infinity)
    } catch (cause) {
      // Either the place is lost, and is being taken again. Or etcd has another history, and this process ends.
      if (!(cause instanceof StoreUnavailable || cause instanceof OutcomeUnknown)) throw cause
    } finally {
      this.#silentCount--
      lane.doubt = undefined
      this.#giveBack(lane)
    }
  }

  #lost(): StoreUnavailable {
    this.#options.onLost()
    return new StoreUnavailable('this node has lost its place in the cluster; nothing was done')
  }

  #silent(): string {
    return `etcd does not answer (${this.#options.members.current.endpoint})`
  }

  #withinMs(untilMs: number): number {
    return Math.max(1, Math.min(ATTEMPT_MS, untilMs - this.#options.clock.nowMs()))
  }

  #encode(id: number, records: readonly LogRecord[], bytes: number): Uint8Array {
    return encodeLane({ id, committedAtMs: this.#options.clock.wallMs(), bytes, records })
  }

  #newId(): number {
    return this.#nextId++
  }

  /** @throws StoreUnavailable if no lane gets free in time, because etcd is slow */
  #take(untilMs: number): Promise<Lane> {
    const lane = this.#free.pop()
    if (lane) return Promise.resolve(lane)
    return new Promise((resolve, reject) => {
      const taker = (lane: Lane) => {
        clearTimeout(timer)
        resolve(lane)
      }
      this.#waiting.push(taker)
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(taker), 1)
        reject(new StoreUnavailable('etcd does not answer; nothing was done'))
      }
      const timer = untilMs === Infinity ? undefined : setTimeout(giveUp, untilMs - this.#options.clock.nowMs())
    })
  }

  #giveBack(lane: Lane): void {
    const next = this.#waiting.shift()
    if (next) next(lane)
    else this.#free.push(lane)
  }
}
