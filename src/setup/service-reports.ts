import { toError } from '../base/assert.ts'
import type { ServiceManager } from './service-manager.ts'

export interface Health {
  /** A line for people. */
  readonly status: string
  /** A fault that a restart may repair. Undefined if there is none. */
  readonly fault: string | undefined
}

export interface ReportsOptions {
  readonly manager: Pick<ServiceManager, 'isThere' | 'watchdogMs' | 'watchdog' | 'status'>
  /** If this never settles, no sign of life is sent. */
  readonly readHealth: () => Promise<Health>
}

/** How often the status is sent if there is no watchdog. */
const STATUS_MS = 10_000
/** While there is a fault, health is read again after this share of the interval, so that a recovery is reported in time. */
const AGAIN = 1 / 8

/** Reports health to the service manager: a sign of life twice in the time of the watchdog, and none while there is a fault. */
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
