import { createLog, type LevelledLog, type Log, type LogOptions } from '../base/log.ts'
import { LOG_PARENTS, type LogLevel, type LogPart } from '../protocol/log-levels.ts'

export interface LogsOptions extends LogOptions {
  readonly level: LogLevel
  /** The levels of parts that have one of their own. */
  readonly levels: ReadonlyMap<LogPart, LogLevel>
}

/** The logs of a process, one for each of its parts. Their levels can be changed while the process runs. */
export class Logs {
  readonly #root: LevelledLog
  readonly #level: LogLevel
  readonly #configured: ReadonlyMap<LogPart, LogLevel>
  readonly #now = new Map<LogPart, LogLevel>()
  readonly #logs = new Map<LogPart, LevelledLog>()

  constructor({ levels, ...options }: LogsOptions) {
    this.#root = createLog(options)
    this.#level = options.level
    this.#configured = levels
  }

  /** Returns the log of a part. The name of the part is in each of its lines. */
  of(part: LogPart): Log {
    const log = this.#logs.get(part) ?? this.#root.child({ part })
    this.#logs.set(part, log)
    log.level = this.#levelOf(part)
    return log
  }

  /** Sets the level of a part. It overrides the configured levels, also those of the parts below. Null removes it again. */
  setLevel(part: LogPart, level: LogLevel | null): void {
    if (level === null) this.#now.delete(part)
    else this.#now.set(part, level)
    for (const [part, log] of this.#logs) log.level = this.#levelOf(part)
  }

  #levelOf(part: LogPart): LogLevel {
    const parent = LOG_PARENTS[part] ?? part
    const said = [this.#now, this.#configured].map((levels) => levels.get(part) ?? levels.get(parent))
    return said[0] ?? said[1] ?? this.#level
  }
}
