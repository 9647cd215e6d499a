import type { Environment } from './load.ts'

/** What a service manager such as systemd says to what it starts. */
export interface ServiceEnvironment {
  /** Where it wants to be told; undefined: nobody does. */
  readonly notifySocket: string | undefined
  /** Where programs are looked for. */
  readonly searchPath: string
  /** How long it waits for a sign of life; undefined: for ever. */
  readonly watchdogMs: number | undefined
}

/** @param pid of this process: what is meant for another, such as the one that started it, is passed over */
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
