import { Worker } from 'node:worker_threads'
import { besideUrl } from '../base/beside.ts'
import type { CrowdAnswer, CrowdRequest, CrowdTarget } from './crowd-messages.ts'
import type { Snapshot } from './snapshot.ts'

/**
 * The connections that are only counted, in a thread of their own. The thread rests between its rounds, so that frames wait in
 * the sockets and several are read at a time: reading each one alone would cost the generator more than sending costs the server.
 * The few connections whose latency is measured are not in here.
 */
export class Crowd {
  readonly #worker: Worker
  /** Answers come in the same order. */
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

  /** Rejects if a connection is refused, or breaks before it is ready. */
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
