import { toError } from '../../base/assert.ts'
import type { Clock } from '../../base/clock.ts'
import { delay } from '../../base/delay.ts'
import type { Log } from '../../base/log.ts'
import { StoreUnavailable } from '../store.ts'
import { failureOf } from './failure.ts'
import type { Timeline } from './timeline.ts'
import type { Keys } from './keys.ts'
import type { Lanes, LanesWritten, Place } from './lanes.ts'
import type { Members } from './members.ts'
import { decodeInfo, encodeInfo, type NodeInfo } from './node-info.ts'
import { found, isSince, put, read, revisionOf } from './requests.ts'

export interface NodePlaceOptions {
  readonly node: string
  /** Belongs to this node's data folder: it stays the same over restarts, and no other node has it. */
  readonly token: string
  readonly ttlMs: number
  readonly members: Members
  readonly keys: Keys
  readonly clock: Clock
  readonly log: Log
  readonly lanes: Lanes
  readonly timeline: Timeline
  /** Makes the value of the node's key. */
  readonly describe: () => NodeInfo
  /** The lease has ended, and etcd has deleted all that was under it. */
  readonly onLost: () => void
  /** The place was taken again after it was lost. */
  readonly onRenewed: () => void
  /** Another node has taken this node's name. */
  readonly onFenced: (reason: string) => void
}

const CALL_MS = 1_000
/** If no keepalive is answered for this share of the TTL, the node stops writing. */
const TRUSTED_SHARE = 2 / 3
const KEEPALIVES_PER_TTL = 4
const RETRY_MS = 250

/** Another live node has the name. */
export class NameTaken extends Error {
  override readonly name = 'NameTaken'
}

/**
 * The node's key, which is under its lease. Every transaction of the node requires that the key still is the one that this node
 * made. So a node whose lease has run out changes nothing, however late it wakes up. By its own monotonic clock it stops even
 * before.
 */
export class NodePlace {
  readonly #options: NodePlaceOptions
  readonly #key: Buffer
  #lease = ''
  #revision = 0
  #writtenAt = 0
  /** The monotonic time at which the last answered keepalive was sent. */
  #keptAtMs = -Infinity
  #timer: NodeJS.Timeout | undefined
  #busy = false
  #closed = false

  constructor(options: NodePlaceOptions) {
    this.#options = options
    this.#key = options.keys.node(options.node)
  }

  get key(): Buffer {
    return this.#key
  }

  get lease(): string {
    return this.#lease
  }

  /**
   * Takes the place and keeps it.
   * @throws NameTaken if another node has it for longer than a lease lasts
   * @throws StoreUnavailable
   */
  async open(): Promise<void> {
    const { clock, ttlMs } = this.#options
    const untilMs = clock.nowMs() + ttlMs * 1.5
    for (;;) {
      try {
        await this.#take()
        break
      } catch (error) {
        if (!(error instanceof NameTaken) || clock.nowMs() > untilMs) throw error
        await delay(RETRY_MS)
      }
    }
    this.#timer = setInterval(() => void this.#keep(), ttlMs / KEEPALIVES_PER_TTL)
  }

  /** Why this node may not write. Undefined if it may. */
  get fault(): string | undefined {
    const silentMs = this.#options.clock.nowMs() - this.#keptAtMs
    return silentMs > this.#options.ttlMs * TRUSTED_SHARE ? 'etcd has not kept the lease of this node' : undefined
  }

  /** @throws StoreUnavailable if the lease may have run out */
  current(): Place {
    const { fault } = this
    if (fault !== undefined) throw new StoreUnavailable(`${fault}; nothing was done`)
    return { key: this.#key, revision: this.#revision, writtenAt: this.#writtenAt }
  }

  /** This node has written its key again. */
  written(revision: number): void {
    this.#writtenAt = Math.max(this.#writtenAt, revision)
  }

  /** etcd has answered that the place is lost. Takes it again as soon as possible. */
  lost(): void {
    this.#keptAtMs = -Infinity
    void this.#keep()
  }

  /** Gives up the place. etcd deletes the node's keys with its lease. */
  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#timer)
    await this.#revoke(this.#lease)
  }

  async #keep(): Promise<void> {
    if (this.#busy || this.#closed) return
    this.#busy = true
    const { members, log, clock } = this.#options
    try {
      const sentAtMs = clock.nowMs()
      const wasLost = this.#keptAtMs === -Infinity
      const kept = wasLost ? undefined : await members.call((member) => member.leaseKeepAlive(this.#lease, CALL_MS))
      if (Number(kept?.TTL ?? 0) > 0) this.#keptAtMs = sentAtMs
      else await this.#retake()
    } catch (cause) {
      log.debug({ err: toError(cause) }, 'etcd did not keep the lease of this node')
    } finally {
      this.#busy = false
    }
  }

  async #retake(): Promise<void> {
    const { log, onLost, onRenewed, onFenced, node } = this.#options
    onLost()
    try {
      log.warn({ security: 'fence_lost', node }, 'the lease of this node ran out; it takes its place again')
      await this.#take()
      log.info({ node }, 'this node has its place again')
      onRenewed()
    } catch (cause) {
      if (!(cause instanceof NameTaken)) throw cause
      this.#closed = true
      onFenced(cause.message)
    }
  }

  async #take(): Promise<void> {
    const { members, clock, lanes, ttlMs } = this.#options
    const sentAtMs = clock.nowMs()
    const { ID: lease } = await members.read((member, withinMs) => member.leaseGrant(Math.ceil(ttlMs / 1000), withinMs))
    try {
      await lanes.renew((written) => this.#register(lease, written))
    } catch (error) {
      await this.#revoke(lease)
      throw error
    }
    this.#keptAtMs = sentAtMs
  }

  /** Creates the node's key, and writes the lanes in the same transaction. Resolves to the key's revision. */
  async #register(lease: string, written: LanesWritten): Promise<number> {
    const { members, describe, node, token, timeline, keys } = this.#options
    const txn = {
      compare: [isSince(this.#key, 0), timeline.comparison, ...written.compares],
      success: [put(this.#key, encodeInfo(describe()), lease), ...written.fences],
      failure: [read(this.#key), read(keys.epoch), ...written.reads],
    }
    // It may be repeated: the second time etcd refuses it, and the key that is there is recognized as ours.
    const response = await members.read((member, withinMs) => member.txn(txn, withinMs))
    const holder = response.succeeded ? undefined : found(response, 0)
    if (response.succeeded || holder?.lease === lease) {
      this.#revision = holder ? Number(holder.create_revision) : revisionOf(response)
      this.#writtenAt = this.#revision
      this.#lease = lease
      return this.#revision
    }
    timeline.requireEpoch(found(response, 1))
    written.requireAll(response, 2)
    if (holder && decodeInfo(holder.value).token !== token) {
      throw new NameTaken(`another node of this cluster is called "${node}": give each its own NODE_ID`)
    }
    // The holder is an earlier process of this node. It has ended, because this one holds the lock of the data folder.
    if (holder) await this.#revoke(holder.lease)
    return this.#register(lease, written)
  }

  async #revoke(lease: string): Promise<void> {
    try {
      await this.#options.members.call((member) => member.leaseRevoke(lease, CALL_MS))
    } catch (cause) {
      // The lease is gone already, or runs out by itself.
      const isGone = failureOf(toError(cause)) === 'refused'
      if (!isGone) this.#options.log.debug({ err: toError(cause), lease }, 'a lease could not be given up')
    }
  }
}
