import { toError } from '../base/assert.ts'
import { delay } from '../base/delay.ts'
import type { Log } from '../base/log.ts'
import type { Cluster } from '../store/cluster.ts'
import type { Connection } from './connection.ts'
import { Shards } from './published-shards.ts'

export interface PublisherOptions {
  readonly cluster: Cluster
  readonly log: Log
}

/** The first change is published at once. Changes within this time after it are published together. */
const INTERVAL_MS = 20
const RETRY_MS = 500
/** How long a new connection waits at most until the other nodes know of it. */
const WAIT_MS_MAX = 500

/** Publishes the connections of this node to the other nodes. */
export class Publisher {
  readonly #options: PublisherOptions
  readonly #shards = new Shards()
  #waiting: (() => void)[] = []
  #running: Promise<void> | undefined
  #closed = false

  constructor(options: PublisherOptions) {
    this.#options = options
  }

  /** Call this when the connection was opened or its rooms changed. */
  put(connection: Connection): void {
    if (this.#options.cluster.isAlone) return
    this.#shards.put(connection)
    this.#running ??= this.#run()
  }

  remove(connection: Connection): void {
    if (this.#options.cluster.isAlone) return
    this.#shards.remove(connection)
    this.#running ??= this.#run()
  }

  /** Returns undefined if this node is alone. Otherwise resolves when everything so far is published, or after 500 ms. */
  told(): Promise<void> | undefined {
    if (this.#options.cluster.nodes.length < 2) return undefined
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, WAIT_MS_MAX)
      this.#waiting.push(() => {
        clearTimeout(timer)
        resolve()
      })
      this.#running ??= this.#run()
    })
  }

  /** Resolves when nothing is being published any more. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#running
  }

  async #run(): Promise<void> {
    await Promise.resolve() // publishes all changes of this turn together
    while (this.#shards.hasChanges || this.#waiting.length > 0) {
      const told = this.#waiting
      this.#waiting = []
      const isDone = await this.#publish()
      for (const done of told) done()
      if (this.#closed) break
      await delay(isDone ? INTERVAL_MS : RETRY_MS)
    }
    this.#running = undefined
  }

  async #publish(): Promise<boolean> {
    const changes = this.#shards.takeChanged()
    try {
      if (changes.size > 0) await this.#options.cluster.publish(changes)
      return true
    } catch (cause) {
      this.#shards.markChanged(changes.keys())
      this.#options.log.debug({ err: toError(cause) }, 'this node could not publish its connections; it tries again')
      return false
    }
  }
}
