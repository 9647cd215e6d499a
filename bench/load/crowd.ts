import { Worker } from 'node:worker_threads'
import type { Connection } from './connection.ts'
import type { Snapshot } from './snapshot.ts'

export interface CrowdTarget {
  readonly url: string
  readonly peer: string
  /** How long the crowd's thread rests between two rounds of reading; 0: it reads as bytes come. */
  readonly readEveryMs: number
}

export type CrowdRequest = { readonly connect: number } | 'snapshot' | 'pace'

export type CrowdAnswer = { readonly snapshot: Snapshot } | { readonly failed: string }

/** Opens `count` connections at once and waits until all of them are ready. */
export async function openConnections(connections: Connection[], count: number, open: () => Connection): Promise<void> {
  const added = Array.from({ length: count }, open)
  connections.push(...added)
  await Promise.all(added.map((connection) => connection.ready()))
}

/**
 * The connections that are only counted, in a thread of their own. It rests between its rounds: what came meanwhile waits
 * in the sockets and is read several frames at a time, as reading each by itself costs the generator more than sending
 * costs the server. The few connections whose latency is taken are not here.
 */
export class Crowd {
  readonly #worker: Worker
  #waiting = Promise.withResolvers<Snapshot>()

  constructor(target: CrowdTarget) {
    this.#worker = new Worker(new URL('crowd-thread.ts', import.meta.url), { workerData: target })
    this.#worker.on('message', (answer: CrowdAnswer) => {
      if ('failed' in answer) this.#waiting.reject(new Error(answer.failed))
      else this.#waiting.resolve(answer.snapshot)
    })
    this.#worker.on('error', (error) => this.#waiting.reject(error))
  }

  /** One request at a time. Rejects where a connection is refused or breaks before it is ready. */
  async ask(request: CrowdRequest): Promise<Snapshot> {
    this.#waiting = Promise.withResolvers()
    this.#worker.postMessage(request, [])
    return this.#waiting.promise
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }
}
