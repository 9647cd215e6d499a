import type { Clock } from '../base/clock.ts'
import type { Logs } from '../config/logs.ts'
import type { LogLevel, LogPart } from '../protocol/log-levels.ts'

interface LevelArgs {
  readonly part: LogPart
  readonly level: LogLevel | null
}

export interface LogLevelsOptions {
  readonly logs: Logs
  readonly clock: Clock
  /** The workers and the hosts. */
  readonly processes: readonly { tellAll(method: 'logLevel', args: LevelArgs): void }[]
}

/** Log levels that were changed at run time. Each applies to all processes of the node, and only for a time. */
export class LogLevels {
  readonly #options: LogLevelsOptions
  readonly #now = new Map<LogPart, { readonly level: LogLevel; readonly timer: NodeJS.Timeout }>()

  constructor(options: LogLevelsOptions) {
    this.#options = options
  }

  /** Sets the level of a part for a time. Returns when that ends, as Unix time in milliseconds. */
  set(part: LogPart, level: LogLevel, forMs: number): number {
    clearTimeout(this.#now.get(part)?.timer)
    const timer = setTimeout(() => {
      this.#now.delete(part)
      this.#apply(part, null)
    }, forMs)
    timer.unref()
    this.#now.set(part, { level, timer })
    this.#apply(part, level)
    const { logs, clock } = this.#options
    logs.of('primary').info({ of: part, to: level, forMs }, 'a log level was changed')
    return clock.wallMs() + forMs
  }

  /** Tells the levels to a worker or a host that has just started. */
  tell(link: { tell(method: 'logLevel', args: LevelArgs): void }): void {
    for (const [part, { level }] of this.#now) link.tell('logLevel', { part, level })
  }

  #apply(part: LogPart, level: LogLevel | null): void {
    this.#options.logs.setLevel(part, level)
    for (const processes of this.#options.processes) processes.tellAll('logLevel', { part, level })
  }
}
