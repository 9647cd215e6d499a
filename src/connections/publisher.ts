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

/** The first change goes at once, those that come in this time after it together. */
const INTERVAL_MS = 20
const RETRY_MS = 500
/** How long somebody who came is kept waiting for the other nodes to know. */
const WAIT_MS_MAX = 500

/** Tells the other nodes who is connected to this one. */
export class Publisher {
  readonly #options: PublisherOptions
  readonly #shards = new Shards()
  #waiting: (() => void)[] = []
  #running: Promise<void> | undefined
  #closed = false

  constructor(options: PublisherOptions) {
    this.#options = options
  }

  /** Opened, or its rooms changed. */
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

  /** undefined: nobody has to be told. Else resolves when all is told, or after a while. */
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

  /** Resolves when nothing is under way any more. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#running
  }

  async #run(): Promise<void> {
    await Promise.resolve() // with what else comes in this turn
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
      this.#options.log.debug({ err: toError(cause) }, 'who is connected here could not be told; it is tried again')
      return false
    }
  }
}
