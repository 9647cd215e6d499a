import type { KeyValue, Operation } from './etcd3.ts'
import type { Keys } from './keys.ts'
import { decodeLane } from './lane-codec.ts'
import { Lanes } from './lanes.ts'
import type { LiveEvent, LiveWatch } from './live-watch.ts'
import type { Members } from './members.ts'
import { firstOffset, lastOffset, revisionAt } from './offsets.ts'
import { scanHistory } from './scan-history.ts'
import { endOfPrefix, found, isAt, put, read, remove, revisionOf } from './requests.ts'
import type {
  CommitResult,
  LogBatch,
  LogFollower,
  LogRange,
  Store,
  StoredRecord,
  Transaction,
  TransactionLimits,
} from '../store.ts'

export interface EtcdStoreOptions {
  readonly epoch: string
  readonly members: Members
  readonly lanes: Lanes
  readonly keys: Keys
  readonly watch: LiveWatch
  /** The history is read from behind this revision at the start. */
  readonly startRevision: () => Promise<number>
  /** Resolves when all was given that had been committed before the call. */
  readonly catchUp: () => Promise<void>
  readonly close: () => Promise<void>
}

/** By default etcd takes 128 comparisons and 128 operations (--max-txn-ops), and requests of 1.5 MiB (--max-request-bytes). */
const LIMITS: TransactionLimits = { operationsMax: 128 - Lanes.OPERATIONS, bytesMax: 1024 * 1024 }
const READS_MAX = 128
/** How long one call may read older history. */
const HISTORY_WITHIN_MS = 10_000

/** The store on etcd: records, and a log that has etcd's own order. */
export class EtcdStore implements Store {
  readonly limits = LIMITS
  readonly #options: EtcdStoreOptions
  #follower: LogFollower | undefined
  #floor = 0
  #hasBegun = false
  #logBytes = 0

  constructor(options: EtcdStoreOptions) {
    this.#options = options
  }

  get epoch(): string {
    return this.#options.epoch
  }

  /** Bytes that all nodes have added to the log, as far as this process has seen them. */
  get logBytes(): number {
    return this.#logBytes
  }

  async get(keys: readonly string[]): Promise<readonly (StoredRecord | undefined)[]> {
    const found: (StoredRecord | undefined)[] = []
    let revision: number | undefined
    for (let i = 0; i < keys.length; i += READS_MAX) {
      const part = await this.#read(keys.slice(i, i + READS_MAX), revision)
      revision ??= part.revision
      found.push(...part.records)
    }
    return found
  }

  async list(prefix: string, page: { after?: string; limit: number }): Promise<readonly StoredRecord[]> {
    const { keys, members } = this.#options
    const start = keys.record(prefix)
    const behind = page.after === undefined ? start : Buffer.concat([keys.record(page.after), Buffer.from([0])])
    const request = {
      key: Buffer.compare(behind, start) > 0 ? behind : start,
      range_end: endOfPrefix(start),
      limit: page.limit,
    }
    const { kvs } = await members.read((member, withinMs) => member.range(request, withinMs))
    return kvs.map((kv) => this.#toRecord(kv))
  }

  async commit({ guards = [], puts = [], deletes = [], log = [] }: Transaction): Promise<CommitResult> {
    const { keys, lanes } = this.#options
    if (puts.length + deletes.length + log.length === 0 && guards.length === 0)
      return { committed: true, offset: 0, revision: 0 }
    const operations: Operation[] = []
    for (const { key, value } of puts) operations.push(put(keys.record(key), value))
    for (const key of deletes) operations.push(remove(keys.record(key)))
    const isGuarded = (key: string) => guards.some((guard) => guard.key === key && guard.revision > 0)
    const isRemoval = deletes.length > 0 && puts.length + log.length === 0 && deletes.every(isGuarded)
    const conditional = {
      compares: guards.map(({ key, revision }) => isAt(keys.record(key), revision)),
      operations,
      reads: guards.map(({ key }) => read(keys.record(key), { keysOnly: true })),
    }
    const change = () =>
      lanes.commit({
        ...conditional,
        records: log,
        bytes: puts.reduce((sum, { key, value }) => sum + key.length + value.length, 0),
      })
    const result = isRemoval ? await lanes.remove(conditional) : await change()
    if (result.committed) {
      const { revision } = result
      return {
        committed: true,
        offset: log.length === 0 ? 0 : firstOffset(revision),
        revision: puts.length === 0 ? 0 : revision,
      }
    }
    const revisionNow = (i: number) => Number(found(result.response, result.readsFrom + i)?.mod_revision ?? 0)
    const conflicts = guards.filter(({ revision }, i) => revisionNow(i) !== revision)
    return { committed: false, conflicts: conflicts.map(({ key }) => key) }
  }

  async follow(follower: LogFollower): Promise<void> {
    const { watch, startRevision, catchUp } = this.#options
    this.#follower = follower
    this.#startAt(await startRevision())
    watch.start(revisionAt(this.#floor))
    await catchUp()
  }

  async history({ after, upTo }: LogRange, onBatch: (batch: LogBatch) => void): Promise<boolean> {
    const { members, keys } = this.#options
    return scanHistory({
      member: members.current,
      prefix: keys.live,
      revisions: { from: Math.max(1, revisionAt(after)), to: revisionAt(upTo) },
      withinMs: HISTORY_WITHIN_MS,
      onEvent: (event) => {
        const batch = this.#toBatch(event)
        if (batch) onBatch(batch)
      },
    })
  }

  close(): Promise<void> {
    return this.#options.close()
  }

  /** The watch has seen a change of a lane. */
  applyLane(event: LiveEvent): void {
    const batch = this.#toBatch(event)
    if (event.value) this.#logBytes += event.value.length + (batch?.otherBytes ?? 0)
    if (batch) this.#follower?.onBatch(batch)
  }

  /** Every change up to this revision was applied. */
  applied(revision: number): void {
    this.#hasBegun = true
    this.#follower?.onProgress(lastOffset(revision))
  }

  /**
   * The watch has to begin later than planned, because etcd has forgotten the earlier part. Returns false if it has begun before,
   * so that events are lost.
   */
  startLater(revision: number): boolean {
    if (this.#hasBegun) return false
    this.#startAt(revision)
    return true
  }

  #startAt(revision: number): void {
    this.#floor = lastOffset(revision)
    this.#follower?.onStart(this.#floor)
  }

  #toBatch({ key, value, revision }: LiveEvent): (LogBatch & { readonly otherBytes: number }) | undefined {
    if (value === undefined || this.#options.keys.parseLive(key)?.kind !== 'log') return undefined
    const { committedAtMs, records, bytes: otherBytes } = decodeLane(value)
    return records.length === 0 ? undefined : { offset: firstOffset(revision), committedAtMs, records, otherBytes }
  }

  async #read(keys: readonly string[], revision: number | undefined) {
    const at = revision === undefined ? {} : { revision }
    const success = keys.map((key) => read(this.#options.keys.record(key), at))
    const txn = { compare: [], success, failure: [] }
    const response = await this.#options.members.read((member, withinMs) => member.txn(txn, withinMs))
    const records = keys.map((_, i) => {
      const kv = found(response, i)
      return kv && this.#toRecord(kv)
    })
    return { records, revision: revisionOf(response) }
  }

  #toRecord({ key, value, mod_revision }: KeyValue): StoredRecord {
    return { key: this.#options.keys.recordKey(key), value, revision: Number(mod_revision) }
  }
}
