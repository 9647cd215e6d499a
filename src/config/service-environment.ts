import type { Environment } from './load.ts'

/** What a service manager such as systemd tells the processes that it starts. */
export interface ServiceEnvironment {
  /** The socket for notifications of the service's state. Undefined if the service manager wants none. */
  readonly notifySocket: string | undefined
  /** The value of PATH. */
  readonly searchPath: string
  /** How long the service manager waits for a sign of life. Undefined if it waits for none. */
  readonly watchdogMs: number | undefined
}

/**
 * Reads it from the environment.
 * @param pid the id of this process; a watchdog that is meant for another process, such as its parent, is ignored
 */
export function readServiceEnvironment(env: Environment, pid: number): ServiceEnvironment {
  const { NOTIFY_SOCKET, WATCHDOG_USEC = '', WATCHDOG_PID = '', PATH = '' } = env
  const isOurs = WATCHDOG_PID === '' || WATCHDOG_PID === String(pid)
  const watchdogMs = /^\d{1,15}$/.test(WATCHDOG_USEC) ? Number(WATCHDOG_USEC) / 1000 : 0
  return {
    notifySocket: NOTIFY_SOCKET === '' ? undefined : NOTIFY_SOCKET,
    searchPath: PATH,
    watchdogMs: isOurs && watchdogMs > 0 ? watchdogMs : undefined,
  }
}
