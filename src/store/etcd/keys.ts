/** The keys in etcd, below ETCD_PREFIX. */
export class Keys {
  readonly #prefix: string
  /** Covers all that nodes follow: the log, the nodes, who is connected. There is one watch, so all of it comes in one order. */
  readonly live: Buffer
  /** The live nodes, each under its lease. */
  readonly nodes: Buffer
  /** Who is connected, under the leases of the nodes. */
  readonly presence: Buffer
  /**
   * Names of which each is one node's at a time, under its lease. When a lease ends, etcd deletes its keys in their order: the
   * node's own key comes first.
   */
  readonly claims: Buffer
  readonly epoch: Buffer
  /** Holds the schema of all data below the prefix. */
  readonly schema: Buffer
  readonly marks: Buffer
  readonly caretaker: Buffer

  constructor(prefix: string) {
    this.#prefix = prefix
    this.live = this.#key('live/')
    this.nodes = this.#key('live/nodes/')
    this.presence = this.#key('live/presence/')
    this.claims = this.#key('live/owners/')
    this.epoch = this.#key('epoch')
    this.schema = this.#key('schema')
    this.marks = this.#key('marks')
    this.caretaker = this.#key('caretaker')
  }

  record(key: string): Buffer {
    return this.#key(`records/${key}`)
  }

  /** The record's key as callers of the store know it. */
  recordKey(key: Buffer): string {
    return key.toString('utf8', this.#prefix.length + 'records/'.length)
  }

  /** The key of one of a node's lanes: see Lanes. */
  lane(node: string, lane: number): Buffer {
    return this.#key(`live/log/${node}/${lane}`)
  }

  node(node: string): Buffer {
    return this.#key(`live/nodes/${node}`)
  }

  shard(node: string, shard: string): Buffer {
    return this.#key(`live/presence/${node}/${shard}`)
  }

  /** @param name without a slash */
  claim(name: string): Buffer {
    return this.#key(`live/owners/${name}`)
  }

  /** Splits a key below `live/` into its parts. */
  parseLive(key: Buffer): LiveKey | undefined {
    const [kind, node = '', rest = ''] = key.toString('utf8', this.live.length).split('/')
    if (kind === 'owners') return { kind, name: node }
    if (kind === 'log' || kind === 'nodes' || kind === 'presence') return { kind, node, shard: rest }
    return undefined
  }

  #key(rest: string): Buffer {
    return Buffer.from(this.#prefix + rest)
  }
}

export type LiveKey =
  | {
      readonly kind: 'log' | 'nodes' | 'presence'
      readonly node: string
      /** For presence: the name of the shard. */
      readonly shard: string
    }
  | { readonly kind: 'owners'; readonly name: string }
