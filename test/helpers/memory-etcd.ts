import type { Compare, KeyValue, Member, Operation, Txn, WatchHandlers } from '../../src/store/etcd/etcd3.ts'

interface Stored {
  readonly key: Buffer
  readonly value: Buffer
  readonly create_revision: number
  readonly mod_revision: number
  readonly lease: string
}

interface Change {
  readonly type: 'Put' | 'Delete'
  readonly kv: Stored
}

interface Watch {
  readonly endpoint: string
  readonly prefix: Buffer
  readonly fromRevision: number
  readonly handlers: WatchHandlers
}

interface Snapshot {
  readonly keys: ReadonlyMap<string, Stored>
  readonly leases: ReadonlySet<string>
  readonly revision: number
}

/** A turn of the event loop, of simulated time where that is installed. */
const turn = () => new Promise<void>((resolve) => void setImmediate(resolve))

/**
 * As much of etcd as a node uses, in memory, so that it can be restored in no time: transactions, ranges, watches, and leases
 * that run out when a test says so. Every call takes some turns of the event loop, chosen by `fraction`.
 */
export class MemoryEtcd {
  clusterId = '1'
  #keys = new Map<string, Stored>()
  #leases = new Set<string>()
  #revision = 1
  #nextLease = 1
  #changes: Change[] = []
  readonly #watches = new Set<Watch>()
  readonly #held = new Map<string, (() => void)[]>()
  readonly #fraction: () => number

  constructor(fraction: () => number) {
    this.#fraction = fraction
  }

  get revision(): number {
    return this.#revision
  }

  snapshot(): Snapshot {
    return { keys: new Map(this.#keys), leases: new Set(this.#leases), revision: this.#revision }
  }

  /** As etcd does it: without the history, under the same leases, and all connections end. */
  restore({ keys, leases, revision }: Snapshot): void {
    this.#keys = new Map(keys)
    this.#leases = new Set(leases)
    this.#revision = revision
    this.#changes = []
    for (const { handlers } of this.#watches) handlers.onEnd('it was restored')
    this.#watches.clear()
  }

  put(key: string, value: string): void {
    this.#apply([{ request_put: { key: Buffer.from(key), value: Buffer.from(value) } }])
  }

  delete(key: string): void {
    this.#apply([{ request_delete_range: { key: Buffer.from(key) } }])
  }

  /** The lease of this key runs out: all that is under it is gone. */
  expire(key: string): void {
    const lease = this.#keys.get(key)?.lease
    if (lease === undefined) throw new Error(`there is no ${key}`)
    this.#revoke(lease)
  }

  /** The values below a prefix, with the revisions in which they were written. */
  readAll(prefix: string): readonly KeyValue[] {
    return [...this.#keys.values()].filter(({ key }) => key.toString().startsWith(prefix)).map(toKeyValue)
  }

  /** What the watches of this endpoint are told waits from now on, until the returned function is called. */
  hold(endpoint: string): () => void {
    this.#held.set(endpoint, [])
    return () => {
      const waiting = this.#held.get(endpoint) ?? []
      this.#held.delete(endpoint)
      for (const tell of waiting) tell()
    }
  }

  readonly open = (endpoint: string): Member => ({
    endpoint,
    txn: (txn) => this.#slowly(() => this.#txn(txn)),
    range: ({ key, range_end, limit = Infinity }) =>
      this.#slowly(() => ({ ...this.#answer(), kvs: this.#range(key, range_end).slice(0, limit).map(toKeyValue) })),
    compact: () => this.#slowly(() => this.#answer()),
    leaseGrant: () =>
      this.#slowly(() => {
        const ID = String(this.#nextLease++)
        this.#leases.add(ID)
        return { ...this.#answer(), ID }
      }),
    leaseRevoke: (id) => this.#slowly(() => this.#revoke(id)),
    leaseKeepAlive: (id) => this.#slowly(() => ({ ...this.#answer(), TTL: this.#leases.has(id) ? '10' : '0' })),
    watch: async ({ key, fromRevision }, handlers) => {
      const watch = { endpoint, prefix: key, fromRevision, handlers }
      await turn()
      this.#watches.add(watch)
      this.#tell(watch, this.#changes)
      return { close: () => void this.#watches.delete(watch) }
    },
    close: () => {},
  })

  async #slowly<T>(run: () => T): Promise<T> {
    for (let i = this.#fraction() * 4; i > 0; i--) await turn()
    const result = run()
    for (let i = this.#fraction() * 4; i > 0; i--) await turn()
    return result
  }

  #answer() {
    return { header: this.#header() }
  }

  #header() {
    return { cluster_id: this.clusterId, member_id: '1', revision: String(this.#revision), raft_term: '1' }
  }

  #txn({ compare, success, failure }: Txn) {
    const succeeded = compare.every((one) => this.#holds(one))
    const responses = this.#apply(succeeded ? success : failure)
    return { ...this.#answer(), succeeded, responses } as unknown as Awaited<ReturnType<Member['txn']>>
  }

  #holds({ key, target, result, value, mod_revision, create_revision }: Compare): boolean {
    const kv = this.#keys.get(String(key))
    if (target === 'Value') return kv?.value.equals(value as Buffer) === true
    if (target === 'Create') return (kv?.create_revision ?? 0) === create_revision
    const at = kv?.mod_revision ?? 0
    return result === 'Greater' ? at > Number(mod_revision) : at === mod_revision
  }

  /** Gives the response of each. All changes of one transaction are of one revision. */
  #apply(operations: readonly Operation[]): readonly unknown[] {
    const revision = this.#revision + 1
    const changes: Change[] = []
    const responses = operations.map(({ request_put: put, request_delete_range: gone, request_range: range }) => {
      if (range) return { response_range: { kvs: this.#range(range.key as Buffer).map(toKeyValue) } }
      const key = (put ?? gone)?.key as Buffer
      const before = this.#keys.get(String(key))
      if (put) {
        const made = before?.create_revision ?? revision
        const lease = String(put.lease ?? '0')
        const kv = { key, value: put.value as Buffer, create_revision: made, mod_revision: revision, lease }
        this.#keys.set(String(key), kv)
        changes.push({ type: 'Put', kv })
      } else if (before) {
        this.#keys.delete(String(key))
        changes.push({ type: 'Delete', kv: { ...before, mod_revision: revision } })
      }
      return {}
    })
    if (changes.length > 0) {
      this.#revision = revision
      this.#changes.push(...changes)
      for (const watch of this.#watches) this.#tell(watch, changes)
    }
    return responses
  }

  #revoke(id: string) {
    this.#leases.delete(id)
    const keys = [...this.#keys.values()].filter(({ lease }) => lease === id)
    this.#apply(keys.map(({ key }) => ({ request_delete_range: { key } })))
    return this.#answer()
  }

  #range(key: Buffer, end?: Buffer): readonly Stored[] {
    const isIn = (one: Buffer) => (end ? one.compare(key) >= 0 && one.compare(end) < 0 : one.equals(key))
    const found = [...this.#keys.values()].filter((kv) => isIn(kv.key))
    return found.sort((a, b) => a.key.compare(b.key))
  }

  #tell(watch: Watch, changes: readonly Change[]): void {
    const { endpoint, prefix, fromRevision, handlers } = watch
    const waiting = this.#held.get(endpoint)
    if (waiting) {
      waiting.push(() => this.#tell(watch, changes))
      return
    }
    const isMeant = ({ key, mod_revision }: Stored) =>
      mod_revision >= fromRevision && key.subarray(0, prefix.length).equals(prefix)
    const events = changes.filter(({ kv }) => isMeant(kv))
    if (events.length === 0) return
    const response = { header: this.#header(), canceled: false, fragment: false, events: events.map(toEvent) }
    handlers.onResponse(response as unknown as Parameters<WatchHandlers['onResponse']>[0])
  }
}

function toEvent({ type, kv }: Change) {
  return { type, kv: toKeyValue(kv) }
}

function toKeyValue({ create_revision, mod_revision, ...kv }: Stored): KeyValue {
  const revisions = { create_revision: String(create_revision), mod_revision: String(mod_revision) }
  return { ...kv, ...revisions } as KeyValue
}
