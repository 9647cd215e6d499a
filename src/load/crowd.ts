import { Worker } from 'node:worker_threads'
import { besideUrl } from '../base/beside.ts'
import type { CrowdAnswer, CrowdRequest, CrowdTarget } from './crowd-messages.ts'
import type { Snapshot } from './snapshot.ts'

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
    this.#worker = new Worker(besideUrl('./crowd-thread', import.meta.url), { workerData: target })
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
