import type { Cluster, ClusterFollower } from '../cluster.ts'
import { toError } from '../../base/assert.ts'
import type { Log } from '../../base/log.ts'
import { Claims, decodeClaim } from './claims.ts'
import type { KeyValue, Operation } from './etcd3.ts'
import type { Keys } from './keys.ts'
import type { Lanes } from './lanes.ts'
import type { LiveEvent } from './live-watch.ts'
import type { Members } from './members.ts'
import { decodeInfo, encodeInfo, type NodeInfo } from './node-info.ts'
import type { NodePlace } from './node-place.ts'
import { endOfPrefix, put, remove, revisionOf } from './requests.ts'

export interface EtcdClusterOptions {
  readonly node: string
  readonly members: Members
  readonly lanes: Lanes
  readonly place: NodePlace
  readonly keys: Keys
  readonly log: Log
  readonly isCaretaker: () => boolean
  readonly fault: () => string | undefined
  readonly describe: () => NodeInfo
  readonly catchUp: () => Promise<void>
}

/** How many shards one transaction writes. A shard has a few KB. */
const SHARDS_PER_COMMIT = 50
const LIST_PAGE = 500

/** The other nodes as etcd has them: which are alive, and what each has published under its lease. */
export class EtcdCluster implements Cluster {
  readonly node: string
  readonly isAlone = false
  readonly #options: EtcdClusterOptions
  readonly #claims: Claims
  readonly #infos = new Map<string, NodeInfo>()
  /** All that this node has published, or is about to publish. */
  readonly #own = new Map<string, Uint8Array>()
  #writing: Promise<void> = Promise.resolve()
  #follower: ClusterFollower | undefined
  /** The revision at which `follow` listed all keys. Older changes that the watch gives are already in that list. */
  #listedAt = Infinity

  constructor(options: EtcdClusterOptions) {
    this.#options = options
    this.node = options.node
    this.#claims = new Claims({
      ...options,
      lease: () => options.place.lease,
      commit: (change) => this.#options.lanes.commit(change),
      onLost: (name) => this.#follower?.onClaimLost(name),
    })
  }

  get nodes(): readonly string[] {
    return [...this.#infos.keys()].sort()
  }

  get isCaretaker(): boolean {
    return this.#options.isCaretaker()
  }

  get fault(): string | undefined {
    return this.#options.fault()
  }

  /** The revision that every live node has applied. 0 if it is not known yet. */
  seenByAll(): number {
    if (this.#infos.size === 0) return 0
    return Math.min(...Array.from(this.#infos.values(), ({ seen }) => seen))
  }

  async follow(follower: ClusterFollower): Promise<void> {
    this.#follower = follower
    const { keys } = this.#options
    const { kvs: nodes, revision } = await this.#list(keys.nodes)
    const { kvs: claims } = await this.#list(keys.claims, revision)
    const { kvs: shards } = await this.#list(keys.presence, revision)
    this.#listedAt = revision
    for (const kv of [...nodes, ...claims, ...shards]) this.#apply(kv.key, kv.value)
  }

  async publish(shards: ReadonlyMap<string, Uint8Array | undefined>): Promise<void> {
    for (const [shard, value] of shards) {
      if (value) this.#own.set(shard, value)
      else this.#own.delete(shard)
    }
    await this.#write([...shards.keys()])
  }

  claim(name: string, value: Uint8Array): Promise<boolean> {
    return this.#claims.claim(name, value)
  }

  restate(name: string, value: Uint8Array): void {
    this.#claims.restate(name, value)
  }

  release(name: string): void {
    this.#claims.release(name)
  }

  catchUp(): Promise<void> {
    return this.#options.catchUp()
  }

  /** Tells the other nodes that this node is alive, and up to where it has applied the log. Resolves to the revision. */
  async beat(): Promise<number> {
    const { place, describe } = this.#options
    const revision = await this.#commit([put(place.key, encodeInfo(describe()), place.lease)])
    place.written(revision)
    return revision
  }

  /** The node has a new lease, and etcd has deleted what was under the old one. */
  renewed(): void {
    void this.#publishAgain()
    this.#claims.renewed()
    this.#follower?.onTakenForDead()
  }

  close(): void {
    this.#claims.close()
  }

  async #publishAgain(): Promise<void> {
    try {
      await this.#write([...this.#own.keys()])
    } catch (cause) {
      this.#options.log.warn({ err: toError(cause) }, 'who is connected here could not be published; trying again')
      setTimeout(() => void this.#publishAgain(), 1_000)
    }
  }

  /** The watch has seen a change of a node or a shard. */
  applyLive({ key, value, revision }: LiveEvent): void {
    if (revision > this.#listedAt) this.#apply(key, value)
  }

  #apply(key: Buffer, value: Buffer | undefined): void {
    const parsed = this.#options.keys.parseLive(key)
    if (!parsed) return
    if (parsed.kind === 'owners') {
      this.#follower?.onClaim(parsed.name, value && decodeClaim(value))
      return
    }
    const { kind, node, shard } = parsed
    if (kind === 'presence' && node !== this.node) this.#follower?.onShard(node, shard, value)
    if (kind !== 'nodes') return
    if (value) this.#infos.set(node, decodeInfo(value))
    else if (this.#infos.delete(node) && node !== this.node) this.#follower?.onNodeGone(node)
  }

  /** Writes the values that the shards have when their turn comes, so that an older value never overwrites a newer one. */
  #write(shards: readonly string[]): Promise<void> {
    const { keys, place } = this.#options
    const toOperation = (shard: string) => {
      const key = keys.shard(this.node, shard)
      const value = this.#own.get(shard)
      return value ? put(key, value, place.lease) : remove(key)
    }
    const writeAll = async () => {
      for (let i = 0; i < shards.length; i += SHARDS_PER_COMMIT) {
        await this.#commit(shards.slice(i, i + SHARDS_PER_COMMIT).map(toOperation))
      }
    }
    const writing = this.#writing.then(writeAll)
    this.#writing = writing.catch(() => {}) // the caller gets the error from `writing`
    return writing
  }

  /** The only condition is this node's place, so etcd cannot refuse it for another reason. */
  async #commit(operations: readonly Operation[]): Promise<number> {
    const change = { compares: [], operations, reads: [], records: [], bytes: 0 }
    const result = await this.#options.lanes.commit(change)
    if (!result.committed) throw new Error('a change without conditions was refused')
    return result.revision
  }

  async #list(prefix: Buffer, atRevision?: number): Promise<{ kvs: readonly KeyValue[]; revision: number }> {
    const kvs: KeyValue[] = []
    let revision = atRevision
    let from = prefix
    for (;;) {
      const request = {
        key: from,
        range_end: endOfPrefix(prefix),
        limit: LIST_PAGE,
        ...(revision === undefined ? {} : { revision }),
      }
      const page = await this.#options.members.read((member, withinMs) => member.range(request, withinMs))
      revision ??= revisionOf(page)
      kvs.push(...page.kvs)
      const last = page.kvs.at(-1)
      if (page.kvs.length < LIST_PAGE || !last) return { kvs, revision }
      from = Buffer.concat([last.key, Buffer.from([0])])
    }
  }
}
