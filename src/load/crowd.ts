import { Worker } from 'node:worker_threads'
import type { Connection } from './connection.ts'
import type { DialectRef } from './dialect.ts'
import type { Snapshot } from './snapshot.ts'

export interface CrowdTarget {
  readonly url: string
  readonly dialect: DialectRef
  /** Connection number `i` is in room `i % rooms`; 0: nobody is in one. */
  readonly rooms: number
  /** How long the crowd's thread rests between two rounds of reading; 0: it reads as bytes come. */
  readonly readEveryMs: number
}

/** `connect`: the numbers of connections, the first one and the one behind the last. */
export type CrowdRequest = { readonly connect: readonly [from: number, to: number] } | 'snapshot' | 'pace'

export type CrowdAnswer = { readonly snapshot: Snapshot } | { readonly failed: string }

/** So many handshakes are under way at once. */
const OPENING_MAX = 100

/** Opens the connections with these numbers and waits until all of them are ready. */
export async function openConnections(
  connections: Connection[],
  [from, to]: readonly [from: number, to: number],
  open: (index: number) => Connection,
): Promise<void> {
  let next = from
  const openSome = async (): Promise<void> => {
    while (next < to) {
      const connection = open(next++)
      connections.push(connection)
      await connection.ready()
    }
  }
  await Promise.all(Array.from({ length: OPENING_MAX }, openSome))
}

/**
 * The connections that are only counted, in a thread of their own. It rests between its rounds: what came meanwhile waits
 * in the sockets and is read several frames at a time, as reading each by itself costs the generator more than sending
 * costs the server. The few connections whose latency is taken are not here.
 */
export class Crowd {
  readonly #worker: Worker
  /** Answered in their order. */
  readonly #waiting: PromiseWithResolvers<Snapshot>[] = []

  constructor(target: CrowdTarget) {
    this.#worker = new Worker(new URL('./crowd-thread.ts', import.meta.url), { workerData: target })
    this.#worker.on('message', (answer: CrowdAnswer) => {
      const asked = this.#waiting.shift()
      if ('failed' in answer) asked?.reject(new Error(answer.failed))
      else asked?.resolve(answer.snapshot)
    })
    this.#worker.on('error', (error) => {
      for (const asked of this.#waiting.splice(0)) asked.reject(error)
    })
  }

  /** Rejects where a connection is refused or breaks before it is ready. */
  async ask(request: CrowdRequest): Promise<Snapshot> {
    const asked = Promise.withResolvers<Snapshot>()
    this.#waiting.push(asked)
    this.#worker.postMessage(request, [])
    return asked.promise
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }
}
