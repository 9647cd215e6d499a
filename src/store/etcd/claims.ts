import { assert, toError } from '../../base/assert.ts'
import { delay } from '../../base/delay.ts'
import type { Log } from '../../base/log.ts'
import { decodeMsgpack, encodeMsgpack } from '../../protocol/msgpack.ts'
import type { Compare, KeyValue, Operation } from './etcd3.ts'
import type { Keys } from './keys.ts'
import type { Change, ChangeResult } from './lanes.ts'
import { found, isSince, put, read, remove } from './requests.ts'

export interface ClaimsOptions {
  readonly node: string
  readonly keys: Keys
  readonly lease: () => string
  readonly commit: (change: Change) => Promise<ChangeResult>
  readonly log: Log
  /** Another node took the name while this one had lost its place. */
  readonly onLost: (name: string) => void
}

interface Claiming {
  readonly name: string
  readonly resolve: (isOurs: boolean) => void
  readonly reject: (error: unknown) => void
}

/** etcd has the key since this revision. Undefined: it is not known whether it does. */
type Held = number | undefined

/** How many names one transaction claims, writes or gives up. */
const NAMES_PER_COMMIT = 50
const RETRY_MS = 500

/** The names that this node has claimed: a key for each, under its lease. All changes go one after the other, many in one transaction. */
export class Claims {
  readonly #options: ClaimsOptions
  /** What this node has claimed, or is about to. */
  readonly #values = new Map<string, Uint8Array>()
  readonly #held = new Map<string, Held>()
  #claiming: Claiming[] = []
  /** Names whose keys have another value now, or none. */
  readonly #changed = new Set<string>()
  /** Names that are claimed anew, as the node has another lease. */
  readonly #returning = new Set<string>()
  #isRunning = false
  #closed = false

  constructor(options: ClaimsOptions) {
    this.#options = options
  }

  /** See `Cluster.claim`. */
  async claim(name: string, value: Uint8Array): Promise<boolean> {
    this.#values.set(name, value)
    try {
      return await this.#claim(name)
    } catch (cause) {
      // It may have been done: then the key has to go.
      this.release(name)
      throw cause
    }
  }

  /** See `Cluster.restate`. */
  restate(name: string, value: Uint8Array): void {
    if (!this.#values.has(name)) return
    this.#values.set(name, value)
    this.#change(name)
  }

  /** See `Cluster.release`. */
  release(name: string): void {
    if (this.#values.delete(name) || this.#held.has(name)) this.#change(name)
  }

  /** All keys went with the lease that this node had. */
  renewed(): void {
    const names = [...this.#held.keys()]
    this.#held.clear()
    for (const name of names) void this.#claimAgain(name)
  }

  close(): void {
    this.#closed = true
  }

  #claim(name: string): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#claiming.push({ name, resolve, reject })
      this.#wake()
    })
  }

  async #claimAgain(name: string): Promise<void> {
    if (this.#returning.has(name)) return
    this.#returning.add(name)
    while (this.#values.has(name) && !this.#closed) {
      try {
        if (!(await this.#claim(name))) this.#options.onLost(name)
        break
      } catch (cause) {
        this.#options.log.debug({ err: toError(cause), name }, 'a name could not be claimed again; trying again')
        await delay(RETRY_MS)
      }
    }
    this.#returning.delete(name)
  }

  #change(name: string): void {
    this.#changed.add(name)
    this.#wake()
  }

  #wake(): void {
    if (!this.#isRunning) void this.#run()
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    await Promise.resolve() // what is claimed in one turn goes together
    while ((this.#claiming.length > 0 || this.#changed.size > 0) && !this.#closed) {
      const claiming = this.#claiming.splice(0, NAMES_PER_COMMIT)
      if (claiming.length > 0) await this.#take(claiming)
      // A name that is just being claimed changes when that is known.
      const isClaiming = new Set(this.#claiming.map(({ name }) => name))
      const changed = [...this.#changed].filter((name) => !isClaiming.has(name)).slice(0, NAMES_PER_COMMIT)
      if (changed.length > 0 && !(await this.#write(changed))) await delay(RETRY_MS)
    }
    this.#isRunning = false
  }

  async #take(wanted: readonly Claiming[]): Promise<void> {
    const { keys, commit, node } = this.#options
    for (const { name, resolve } of wanted) if (!this.#values.has(name)) resolve(false) // released before it was claimed
    const claiming = wanted.filter(({ name }) => this.#values.has(name))
    if (claiming.length === 0) return
    const names = claiming.map(({ name }) => name)
    try {
      const result = await commit({
        compares: names.map((name) => isSince(keys.claim(name), 0)),
        operations: names.map((name) => this.#put(name)),
        reads: names.map((name) => read(keys.claim(name))),
        records: [],
        bytes: 0,
      })
      if (result.committed) {
        for (const { name, resolve } of claiming) {
          this.#held.set(name, result.revision)
          resolve(true)
        }
        return
      }
      for (const [i, one] of claiming.entries()) {
        const kv = found(result.response, result.readsFrom + i)
        if (!kv) this.#claiming.push(one)
        else this.#found(one, { isOurs: decodeClaim(kv.value).node === node, since: Number(kv.create_revision) })
      }
    } catch (cause) {
      for (const { name, reject } of claiming) {
        this.#held.set(name, undefined)
        reject(cause)
      }
    }
  }

  /** The key exists. If it is this node's, an earlier claim has been done of which nobody knew. */
  #found({ name, resolve }: Claiming, { isOurs, since }: { readonly isOurs: boolean; readonly since: number }): void {
    if (isOurs) {
      this.#held.set(name, since)
      this.#changed.add(name)
    } else this.#values.delete(name)
    resolve(isOurs)
  }

  /** Writes what the names have to say now. Returns whether etcd has answered. */
  async #write(changed: readonly string[]): Promise<boolean> {
    const { keys, commit, log } = this.#options
    for (const name of changed) this.#changed.delete(name)
    const names = changed.filter((name) => this.#held.has(name))
    if (names.length === 0) return true
    try {
      const result = await commit({
        compares: names.map((name) => this.#isHeld(name)),
        operations: names.map((name) => (this.#values.has(name) ? this.#put(name) : remove(keys.claim(name)))),
        reads: names.map((name) => read(keys.claim(name))),
        records: [],
        bytes: 0,
      })
      for (const [i, name] of names.entries()) {
        if (!result.committed) this.#correct(name, found(result.response, result.readsFrom + i))
        else if (!this.#values.has(name)) this.#held.delete(name)
      }
      return true
    } catch (cause) {
      log.debug({ err: toError(cause) }, 'what this node has claimed could not be written; trying again')
      for (const name of names) this.#changed.add(name)
      return false
    }
  }

  /** One of the keys was not as this node thought. `kv` is what there is of this one. */
  #correct(name: string, kv: KeyValue | undefined): void {
    if (!kv || decodeClaim(kv.value).node !== this.#options.node) this.#held.delete(name)
    else {
      this.#held.set(name, Number(kv.create_revision))
      this.#changed.add(name)
    }
  }

  #isHeld(name: string): Compare {
    // Nothing has such a revision: then the answer says what there is.
    return isSince(this.#options.keys.claim(name), this.#held.get(name) ?? Number.MAX_SAFE_INTEGER)
  }

  #put(name: string): Operation {
    const { keys, node, lease } = this.#options
    const value = this.#values.get(name)
    assert(value, 'a name without a value is written')
    return put(keys.claim(name), encodeClaim({ node, value }), lease())
  }
}

export interface Claim {
  readonly node: string
  readonly value: Uint8Array
}

function encodeClaim({ node, value }: Claim): Uint8Array {
  return encodeMsgpack([node, value])
}

/** Does not check the value, because only nodes write it. */
export function decodeClaim(bytes: Uint8Array): Claim {
  const [node, value] = decodeMsgpack(bytes) as [string, Uint8Array]
  return { node, value }
}
