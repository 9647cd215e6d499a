import { readFileSync } from 'node:fs'
import type { Clock } from '../base/clock.ts'
import { createCollector } from '../base/heap.ts'
import type { Log } from '../base/log.ts'
import type { ReadyPart } from '../protocol/shapes/operations.ts'
import type { WorkerLinks } from '../processes/workers.ts'
import type { PrimaryContext } from './context.ts'

/** `short`: new connections are refused. `critical`: connections that cost the most memory are closed, too. */
export type MemoryState = 'enough' | 'short' | 'critical'

export interface MemoryWatchOptions {
  /** 0 if there is no limit. */
  readonly limitBytes: number
  /** Reads the memory of all processes of the node. Returns undefined if the system does not tell. */
  readonly readBytes: () => number | undefined
  readonly clock: Clock
  readonly log: Log
  readonly onShort: (short: boolean) => void
  /** Frees memory. With `closeSlow` slow readers are closed and caches are emptied for it, too. */
  readonly relieve: (closeSlow: boolean) => void
}

/** Shares of the limit. Memory of the kernel for sockets counts for a control group but is not seen here, so some is left. */
const CRITICAL = 0.9
const SHORT = 0.8
const ENOUGH = 0.75
/** How often memory is freed. Collecting garbage stops a process for a while, so it must not happen too often. */
const RELIEVE_EVERY_MS = { short: 5_000, critical: 2_000 }

/** Memory is short from 80 % and critical from 90 % on. It is enough again only below 75 %, so that the state does not flap. */
export function memoryState(share: number, before: MemoryState): MemoryState {
  if (share >= CRITICAL) return 'critical'
  if (share >= SHORT) return 'short'
  return before === 'enough' || share < ENOUGH ? 'enough' : 'short'
}

/** Sheds load before the kernel would kill a process. Call `look` each second. */
export class MemoryWatch {
  readonly #options: MemoryWatchOptions
  #state: MemoryState = 'enough'
  #relievedAtMs = -Infinity

  constructor(options: MemoryWatchOptions) {
    this.#options = options
  }

  get state(): MemoryState {
    return this.#state
  }

  get limitBytes(): number {
    return this.#options.limitBytes
  }

  /** 0 if the system does not tell. */
  get usedBytes(): number {
    return this.#options.readBytes() ?? 0
  }

  /** A line of /ready. */
  get part(): ReadyPart {
    const { limitBytes } = this.#options
    const part = 'memory'
    if (limitBytes === 0) return { part, ok: true, reason: 'no limit' }
    const used = `${toMib(this.usedBytes)} of ${toMib(limitBytes)} MiB`
    if (this.#state === 'enough') return { part, ok: true, reason: used }
    return { part, ok: false, reason: `${used}: new connections are refused` }
  }

  look(): void {
    const { limitBytes, readBytes, log, onShort } = this.#options
    const usedBytes = limitBytes === 0 ? undefined : readBytes()
    if (usedBytes === undefined) return
    const before = this.#state
    this.#state = memoryState(usedBytes / limitBytes, before)
    const said = { usedBytes, limitBytes }
    if (before === 'enough' && this.#state !== 'enough') {
      log.warn(said, 'short of memory: new connections are refused')
      onShort(true)
    }
    if (before !== 'critical' && this.#state === 'critical') {
      log.warn(
        said,
        'nearly out of memory: the slowest readers are closed, and the older half of the history is dropped',
      )
    }
    if (before !== 'enough' && this.#state === 'enough') {
      log.info(said, 'enough memory again: new connections are accepted')
      onShort(false)
    }
    this.#relieve(before)
  }

  /** The first time only garbage is collected, which may be enough. */
  #relieve(before: MemoryState): void {
    const { clock, relieve } = this.#options
    if (this.#state === 'enough') return
    const nowMs = clock.nowMs()
    if (before !== 'enough' && nowMs - this.#relievedAtMs < RELIEVE_EVERY_MS[this.#state]) return
    this.#relievedAtMs = nowMs
    relieve(this.#state === 'critical' && before !== 'enough')
  }
}

type Needs = Pick<PrimaryContext, 'settings' | 'clock' | 'log' | 'hub' | 'ledger' | 'sessions'>

/**
 * Creates the watch over this process and the workers.
 * @param readSum reads the bytes that these processes use together; returns undefined if the system does not tell
 */
export function createMemoryWatch(
  { settings, clock, log, hub, ledger, sessions }: Needs,
  workers: Pick<WorkerLinks, 'pids' | 'tellAll'>,
  readSum: (pids: readonly number[]) => number | undefined = sumMemory,
): MemoryWatch {
  const collect = createCollector(clock)
  return new MemoryWatch({
    limitBytes: settings.MEMORY_LIMIT,
    readBytes: () => readSum([process.pid, ...workers.pids]),
    clock,
    log,
    onShort: (short) => workers.tellAll('memoryShort', { short }),
    relieve: (closeSlow) => {
      workers.tellAll('relieve', { closeSlow })
      if (closeSlow) {
        hub.halveHistory()
        ledger.forgetRecords()
        sessions.forgetOlderHalf()
      }
      // The workers must be told before this process stops to collect.
      setImmediate(collect)
    },
  })
}

function sumMemory(pids: readonly number[]): number | undefined {
  const bytes = pids.map(readMemory).filter((one) => one !== undefined)
  return bytes.length === 0 ? undefined : bytes.reduce((sum, one) => sum + one, 0)
}

/** Pages of mapped files, such as LMDB's, do not count: processes share them, and the kernel can reclaim them at any time. */
function readMemory(pid: number): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1')
    const counted = status.matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB$/gm)
    return Array.from(counted, ([, kib]) => Number(kib) * 1024).reduce((sum, one) => sum + one, 0)
  } catch {
    return undefined // the process has ended, or this is not Linux
  }
}

function toMib(bytes: number): number {
  return Math.round(bytes / 1024 ** 2)
}
