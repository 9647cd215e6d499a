import { OutcomeUnknown, StoreUnavailable } from '../store.ts'
import type { Compare, Header, KeyValue, Member } from './etcd3.ts'

export interface TimelineOptions {
  readonly epochKey: Buffer
  /**
   * Called once, with the reason for operators: this process must not go on. `hasOurEpoch`: as far as is known, etcd still has
   * the epoch of this node.
   */
  readonly onBroken: (reason: string, hasOurEpoch: boolean) => void
}

/**
 * Notices that etcd was restored from a snapshot, or was replaced by another etcd, while this node runs. Then events that this
 * node has applied are gone, and new events may get their numbers, so that clients could not be told what they missed. Each
 * answer is checked for another cluster id or a revision that went down. Each transaction compares the epoch, and keys that only
 * this node writes.
 */
export class Timeline {
  /** The value under `epochKey`, as it was read. */
  epoch: Buffer = Buffer.alloc(0)
  readonly #options: TimelineOptions
  #clusterId: string | undefined
  /** The highest revision that any answer has had. */
  #revision = 0
  #fault: string | undefined

  constructor(options: TimelineOptions) {
    this.#options = options
  }

  /** Whether the answer is of another etcd cluster. That alone means another epoch. */
  isOtherCluster(header: Header): boolean {
    return this.#clusterId !== undefined && header.cluster_id !== this.#clusterId
  }

  /** The lowest revision that the answer to a call made now may have. Throws StoreUnavailable after a break. */
  begin(): number {
    if (this.#fault !== undefined) throw new StoreUnavailable(`${this.#fault}; nothing was done`)
    return this.#revision
  }

  /**
   * Checks every answer. Throws OutcomeUnknown if it comes from another history, because the request may have been done there.
   */
  check(header: Header, since: number): void {
    const { cluster_id, revision } = header
    if (this.isOtherCluster(header)) throw this.otherCluster()
    if (Number(revision) < since) throw this.#broken(`etcd is back at revision ${revision} after ${since}`)
    this.#clusterId = cluster_id
    this.#revision = Math.max(this.#revision, Number(revision))
  }

  /** Belongs into each transaction. */
  get comparison(): Compare {
    return { key: this.#options.epochKey, target: 'Value', result: 'Equal', value: this.epoch }
  }

  /** `kv` is what a refused transaction found under the epoch's key. */
  requireEpoch(kv: KeyValue | undefined): void {
    if (kv?.value.equals(this.epoch) !== true)
      throw this.#broken('the epoch in etcd is no longer the one of this node', false)
  }

  /**
   * The revision of such a key only grows, unless etcd was restored. `foundAt` is its revision now, or 0 if it does not exist.
   */
  requireOwnKey(key: Buffer, foundAt: number, writtenAt: number): void {
    if (foundAt < writtenAt) {
      throw this.#broken(`etcd has ${key.toString()} of revision ${foundAt}, and this node wrote it in ${writtenAt}`)
    }
  }

  /** Returns the error to throw. */
  otherCluster(): OutcomeUnknown {
    return this.#broken('another cluster of etcd answers', false)
  }

  #broken(what: string, hasOurEpoch = true): OutcomeUnknown {
    const reason = `${what}: etcd was restored, or is another one`
    if (this.#fault === undefined) {
      this.#fault = reason
      this.#options.onBroken(reason, hasOurEpoch)
    }
    return new OutcomeUnknown(reason)
  }
}

/** Wraps a member to check all its answers against the timeline. */
export function onTimeline(member: Member, timeline: Timeline): Member {
  const checked = async <T extends { readonly header: Header }>(call: () => Promise<T>, isOrdered = true) => {
    const since = timeline.begin()
    const response = await call()
    timeline.check(response.header, isOrdered ? since : 0)
    return response
  }
  return {
    ...member,
    txn: (txn, withinMs) => checked(() => member.txn(txn, withinMs)),
    // A serializable read may be answered by a member that is behind.
    range: (request, withinMs) => checked(() => member.range(request, withinMs), request.serializable !== true),
    compact: (revision, withinMs) => checked(() => member.compact(revision, withinMs)),
    leaseGrant: (ttlS, withinMs) => checked(() => member.leaseGrant(ttlS, withinMs)),
    leaseRevoke: (id, withinMs) => checked(() => member.leaseRevoke(id, withinMs), false),
    leaseKeepAlive: (id, withinMs) => checked(() => member.leaseKeepAlive(id, withinMs), false),
    watch: (request, handlers) =>
      member.watch(request, {
        ...handlers,
        onResponse: (response) => {
          if (timeline.isOtherCluster(response.header)) timeline.otherCluster()
          else handlers.onResponse(response)
        },
      }),
  }
}
