import { toError } from '../base/assert.ts'
import type { ServiceManager } from './service-manager.ts'

export interface Health {
  /** A line for people. */
  readonly status: string
  /** What a new start would mend; undefined: nothing. */
  readonly fault: string | undefined
}

export interface ReportsOptions {
  readonly manager: Pick<ServiceManager, 'isThere' | 'watchdogMs' | 'watchdog' | 'status'>
  /** Where it never settles, that is a fault, too. */
  readonly readHealth: () => Promise<Health>
}

/** How often it is told of, where nobody waits for it. */
const STATUS_MS = 10_000
/** Of the interval: how soon it is looked at again while something is wrong, so that a recovery is told in time. */
const AGAIN = 1 / 8

/** Tells the service manager how the server is: a sign of life twice in its time, and none while there is a fault. */
export function startReports({ manager, readHealth }: ReportsOptions): { stop(): void } {
  if (!manager.isThere) return { stop: () => {} }
  const intervalMs = manager.watchdogMs === undefined ? STATUS_MS : manager.watchdogMs / 2
  let timer: NodeJS.Timeout | undefined
  let said = ''
  let isStopped = false
  const report = async (): Promise<void> => {
    const { status, fault } = await readHealth().catch((error: unknown) => faulty(toError(error).message))
    if (isStopped) return
    if (fault === undefined && manager.watchdogMs !== undefined) manager.watchdog(status)
    else if (status !== said) manager.status(status)
    said = status
    timer = setTimeout(() => void report(), fault === undefined ? intervalMs : intervalMs * AGAIN)
  }
  void report()
  return {
    stop: () => {
      isStopped = true
      clearTimeout(timer)
    },
  }
}

function faulty(message: string): Health {
  return { status: message, fault: message }
}
