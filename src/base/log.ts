import pino, { type Logger } from 'pino'

export type Log = Pick<Logger, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'> & {
  child(bindings: Record<string, unknown>): Log
}

/** A log whose level can be changed. */
export type LevelledLog = Omit<Log, 'child'> & {
  level: string
  child(bindings: Record<string, unknown>): LevelledLog
}

export interface LogOptions {
  readonly level: string
  /** For people on a terminal; else a line of JSON each. */
  readonly pretty: boolean
  /** Stands in every line. */
  readonly bindings: Readonly<Record<string, unknown>>
}

/** Lines go to standard output. Never pass a token or a payload. */
export function createLog({ level, pretty, bindings }: LogOptions): LevelledLog {
  const options = { level, base: bindings, timestamp: pino.stdTimeFunctions.isoTime }
  if (!pretty) return pino(options, pino.destination({ fd: 1, sync: true }))
  return pino(
    options,
    pino.transport({
      target: 'pino-pretty',
      options: { colorize: true, ignore: 'pid,hostname,process,part,node', translateTime: 'SYS:HH:MM:ss', sync: true },
    }),
  )
}
