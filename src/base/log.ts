import { createRequire } from 'node:module'
import pino, { type Logger } from 'pino'
import type * as pinoPretty from 'pino-pretty'
import { standardOutput, type LineOutput } from './line-output.ts'

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
  /** Where lines go; standard output by default. */
  readonly output?: LineOutput
}

/** Never pass a token or a payload. A line that cannot be written is lost; the next one that can be is followed by a line that says how many were. */
export function createLog({ level, pretty, bindings, output = standardOutput() }: LogOptions): LevelledLog {
  const options = { level, base: bindings, timestamp: pino.stdTimeFunctions.isoTime }
  const toText = pretty ? createPrettifier() : (line: string) => line
  const log = pino(options, { write: (line) => output.write(toText(line)) })
  output.onBack = (lost) => log.warn({ lost }, 'log lines were lost: they could not be written')
  return log
}

/** Loads its package only here: it takes 40 ms and some MiB of each process, and a log of JSON lines has no use for it. */
function createPrettifier(): (line: string) => string {
  const { prettyFactory } = createRequire(import.meta.url)('pino-pretty') as typeof pinoPretty
  return prettyFactory({
    colorize: true,
    ignore: 'pid,hostname,process,part,node',
    translateTime: 'SYS:HH:MM:ss',
  })
}
