import { spawn, type ChildProcess } from 'node:child_process'
import { monotonicUs } from '../base/clock.ts'
import type { ServiceEnvironment } from '../config/service-environment.ts'

/**
 * A shell script that sends each line it reads as a message. Tabs separate the assignments of a message. It is a process of its
 * own, because Node has no datagram sockets of AF_UNIX. It is started once, while the primary is small, because starting a process
 * stops its parent for 45 ms for each GiB that the parent has in memory. It ends when its input does, so also when the primary dies.
 */
const COURIER = `command -v systemd-notify >/dev/null || exit 127
while IFS="$(printf '\\t')" read -r a b c; do systemd-notify "$a" \${b:+"$b"} \${c:+"$c"}; done`
const NOT_FOUND = 127

/**
 * Tells systemd, or another service manager with sd_notify(3), the state of the server. Does nothing without NOTIFY_SOCKET. The
 * messages come from another process of the unit than the primary, so the unit must say NotifyAccess=all.
 */
export class ServiceManager {
  readonly #environment: ServiceEnvironment
  readonly #warn: (message: string) => void
  #courier: ChildProcess | undefined
  #hasClosed = false

  /** @param warn called with the reason if the service manager cannot be told */
  constructor(environment: ServiceEnvironment, warn: (message: string) => void) {
    this.#environment = environment
    this.#warn = warn
    if (environment.notifySocket !== undefined) this.#courier = this.#startCourier(environment.notifySocket)
  }

  /** Whether there is a service manager that wants to be told. */
  get isThere(): boolean {
    return this.#environment.notifySocket !== undefined
  }

  /** How long the service manager waits for `watchdog` before it ends the service. Undefined if it has no watchdog. */
  get watchdogMs(): number | undefined {
    return this.#environment.watchdogMs
  }

  /** Call this when the server serves, after its start and after each reload. */
  ready(): void {
    this.#tell('READY=1')
  }

  /** Call this when the configuration is read again, and `ready` after that. */
  reloading(): void {
    this.#tell('RELOADING=1', `MONOTONIC_USEC=${monotonicUs()}`)
  }

  stopping(): void {
    this.#tell('STOPPING=1')
  }

  /** Tells a line for people. */
  status(text: string): void {
    this.#tell(toStatus(text))
  }

  /** Sends a sign of life, with a line for people. */
  watchdog(status: string): void {
    this.#tell('WATCHDOG=1', toStatus(status))
  }

  /** Ends after the messages so far have been sent. */
  close(): void {
    this.#hasClosed = true
    this.#courier?.stdin?.end()
  }

  #tell(...assignments: readonly string[]): void {
    this.#courier?.stdin?.write(`${assignments.join('\t')}\n`)
  }

  #startCourier(notifySocket: string): ChildProcess {
    const courier = spawn('/bin/sh', ['-c', COURIER], {
      env: { NOTIFY_SOCKET: notifySocket, PATH: this.#environment.searchPath },
      stdio: ['pipe', 'ignore', 'inherit'],
      // Ctrl-C in a terminal must reach only the primary.
      detached: true,
    })
    courier.unref()
    // The shell may end before it has read everything.
    courier.stdin?.on('error', () => {})
    courier.once('error', ({ message }) => this.#lost(message))
    courier.once('exit', (code, signal) => {
      this.#lost(code === NOT_FOUND ? 'there is no systemd-notify' : `its shell ended with ${signal ?? code}`)
    })
    return courier
  }

  /** The service manager cannot be told any more. If it has a watchdog, it will restart the service. */
  #lost(reason: string): void {
    if (this.#hasClosed || !this.#courier) return
    this.#courier = undefined
    this.#warn(`the service manager is no longer told the state of the server: ${reason}`)
  }
}

function toStatus(text: string): string {
  return `STATUS=${text.replaceAll(/\s+/g, ' ')}`
}
