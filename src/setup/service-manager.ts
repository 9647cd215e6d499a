import { spawn, type ChildProcess } from 'node:child_process'
import { monotonicUs } from '../base/clock.ts'
import type { ServiceEnvironment } from '../config/service-environment.ts'

/**
 * Sends what it reads, a message a line with tabs between its assignments. A shell of its own, as Node has no datagram sockets of
 * AF_UNIX, and starting a process from a large one stops that for 45 ms for each GiB that it has in memory: so it is started
 * once, while the primary is small. It ends with its input, and that with the primary.
 */
const COURIER = `command -v systemd-notify >/dev/null || exit 127
while IFS="$(printf '\\t')" read -r a b c; do systemd-notify "$a" \${b:+"$b"} \${c:+"$c"}; done`
const NOT_FOUND = 127

/**
 * Tells systemd, or whoever else speaks sd_notify(3), how the server is. Without NOTIFY_SOCKET it does nothing. The messages come from
 * a process of the same unit, not from the primary: the unit has to say NotifyAccess=all.
 */
export class ServiceManager {
  readonly #environment: ServiceEnvironment
  readonly #warn: (message: string) => void
  #courier: ChildProcess | undefined
  #hasClosed = false

  /** @param warn takes why nobody could be told */
  constructor(environment: ServiceEnvironment, warn: (message: string) => void) {
    this.#environment = environment
    this.#warn = warn
    if (environment.notifySocket !== undefined) this.#courier = this.#startCourier(environment.notifySocket)
  }

  /** Whether anybody listens. */
  get isThere(): boolean {
    return this.#environment.notifySocket !== undefined
  }

  /** How long it waits for `watchdog` before it ends the service; undefined: for ever. */
  get watchdogMs(): number | undefined {
    return this.#environment.watchdogMs
  }

  /** The server serves; also after a reload. */
  ready(): void {
    this.#tell('READY=1')
  }

  /** The configuration is read again; to be followed by `ready`. */
  reloading(): void {
    this.#tell('RELOADING=1', `MONOTONIC_USEC=${monotonicUs()}`)
  }

  stopping(): void {
    this.#tell('STOPPING=1')
  }

  /** A line for people. */
  status(text: string): void {
    this.#tell(toStatus(text))
  }

  /** A sign of life, and how it is. */
  watchdog(status: string): void {
    this.#tell('WATCHDOG=1', toStatus(status))
  }

  /** What was told before is still sent. */
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
      // A terminal's Ctrl-C is for the primary.
      detached: true,
    })
    courier.unref()
    // It may end before it has read all.
    courier.stdin?.on('error', () => {})
    courier.once('error', ({ message }) => this.#lost(message))
    courier.once('exit', (code, signal) => {
      this.#lost(code === NOT_FOUND ? 'there is no systemd-notify' : `its shell ended with ${signal ?? code}`)
    })
    return courier
  }

  /** Nobody to tell any more: a watchdog then ends the service, and starts it anew. */
  #lost(reason: string): void {
    if (this.#hasClosed || !this.#courier) return
    this.#courier = undefined
    this.#warn(`the service manager is told nothing: ${reason}`)
  }
}

function toStatus(text: string): string {
  return `STATUS=${text.replaceAll(/\s+/g, ' ')}`
}
