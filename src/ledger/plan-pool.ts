import { Piscina } from 'piscina'
import { besideUrl } from '../base/beside.ts'
import { decodePlan, encodePlanInput } from './plan-codec.ts'
import type { PlanThreadData } from './plan-thread.ts'
import type { Plan, PlanInput } from './plan.ts'

/** Plans batches on worker threads. */
export interface PlanPool {
  /** Throws if the thread dies or the task takes too long. Nothing was done then. */
  plan(input: PlanInput): Promise<Plan>
  close(): Promise<void>
}

/** A batch takes milliseconds. One that takes this long hangs, and its thread is ended. */
const PLAN_TIMEOUT_MS = 1_000

/** A batch needs far less. One that takes this much ends its thread, and not the server. */
const THREAD_HEAP_MIB = 256

export interface PlanPoolOptions {
  readonly threads: number
  /** PEM */
  readonly signingKey: string
  /** A replacement for the thread's file, for tests. */
  readonly script?: URL
  /** Called when a thread failed without a task. The thread is replaced. */
  readonly onError: (error: unknown) => void
  /** How long a batch may take; 1 s by default. */
  readonly timeoutMs?: number
}

export function openPlanPool(options: PlanPoolOptions): PlanPool {
  const workerData: PlanThreadData = { signingKey: options.signingKey }
  const pool = new Piscina<Uint8Array, Uint8Array>({
    filename: (options.script ?? besideUrl('./plan-thread', import.meta.url)).href,
    minThreads: options.threads,
    maxThreads: options.threads,
    idleTimeout: Infinity,
    // The ledger plans one batch at a time. A longer queue would be a defect.
    maxQueue: options.threads,
    // 'sync' would freeze the event loop of the thread between tasks.
    atomics: 'disabled',
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: THREAD_HEAP_MIB },
  })
  pool.on('error', options.onError)
  return {
    async plan(input) {
      const bytes = encodePlanInput(input)
      const planned = await pool.run(bytes, {
        signal: AbortSignal.timeout(options.timeoutMs ?? PLAN_TIMEOUT_MS),
        transferList: [bytes.buffer],
      })
      return decodePlan(planned)
    },
    close: () => pool.destroy(),
  }
}
