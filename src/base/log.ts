import { createRequire } from 'node:module'
import pino, { type Logger, type LoggerOptions } from 'pino'
import type * as pinoPretty from 'pino-pretty'
import { systemClock } from './clock.ts'
import { LineLimit } from './line-limit.ts'
import { standardOutput, type LineOutput } from './line-output.ts'

export type Log = Pick<Logger, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'> & {
  child(bindings: Record<string, unknown>): Log
}

/** A log whose level can be changed while it is in use. */
export type LevelledLog = Omit<Log, 'child'> & {
  level: string
  child(bindings: Record<string, unknown>): LevelledLog
}

export interface LogOptions {
  readonly level: string
  /** True: coloured text for a terminal. False: each line is a JSON object. */
  readonly pretty: boolean
  /** Fields of every line. */
  readonly bindings: Readonly<Record<string, unknown>>
  /** Where lines go; standard output by default. */
  readonly output?: LineOutput
  /** Monotonic milliseconds; the system's by default. */
  readonly nowMs?: () => number
}

/**
 * Lines of one text (and of one game, if they name a game): 100 at once, then one a second, which is some 20 MB a day at most.
 */
const LINES_BURST = 100
const LINES_PER_SECOND = 1
/** More than the texts of our lines, which are all constants (`test/layers/log-texts.ts`). */
const TEXTS_MAX = 1_000
/** How long after the first line was left out the log says how many were. */
const LEFT_OUT_MS = 10_000
const LEFT_OUT = 'lines of the log were left out: too many with this text'
const INFO = 30

type LogMethod = NonNullable<NonNullable<LoggerOptions['hooks']>['logMethod']>

/**
 * From level `info` up, the number of lines with one text is limited, because a client can cause most of them as often as it
 * likes. Lines beyond the limit are counted, and a later line says how many there were. Lines with the field `security` have a
 * limit of their own, by address.
 *
 * Never pass a token or a payload. A line that cannot be written is lost. When lines can be written again, one says how many were
 * lost.
 */
export function createLog(options: LogOptions): LevelledLog {
  const { level, pretty, bindings, output = standardOutput(), nowMs = systemClock.nowMs } = options
  const limit = new LineLimit({ perSecond: LINES_PER_SECOND, burst: LINES_BURST, kindsMax: TEXTS_MAX })
  const tellLeftOut = createTeller(() => {
    for (const [text, lines] of limit.takeLeftOut()) log.warn({ text, lines }, LEFT_OUT)
  })
  const toText = pretty ? createPrettifier() : (line: string) => line
  const logMethod: LogMethod = function (args, write, lineLevel) {
    const kind = lineLevel < INFO ? undefined : kindOf(args)
    if (kind === undefined || limit.take(kind, nowMs())) write.apply(this, args)
    else tellLeftOut()
  }
  const pinoOptions = { level, base: bindings, timestamp: pino.stdTimeFunctions.isoTime, hooks: { logMethod } }
  const log = pino(pinoOptions, { write: (line) => output.write(toText(line)) })
  output.onBack = (lost) => log.warn({ lost }, 'log lines were lost: they could not be written')
  return log
}

/** Returns undefined if this limit does not apply to the line. */
function kindOf(args: readonly unknown[]): string | undefined {
  const text = String(args.at(-1))
  const [about] = args
  if (text === LEFT_OUT) return undefined
  if (typeof about !== 'object' || about === null) return text
  if ('security' in about) return undefined
  return 'game' in about ? `${text} (${String(about.game)})` : text
}

/** Returns a function that calls `tell` once, LEFT_OUT_MS after it was first called. */
function createTeller(tell: () => void): () => void {
  let isDue = false
  return () => {
    if (isDue) return
    isDue = true
    setTimeout(() => {
      isDue = false
      tell()
    }, LEFT_OUT_MS).unref()
  }
}

/**
 * Loads its package only when it is called: the package takes 40 ms and some MiB in each process, and a log of JSON lines does
 * not need it.
 */
function createPrettifier(): (line: string) => string {
  const { prettyFactory } = createRequire(import.meta.url)('pino-pretty') as typeof pinoPretty
  return prettyFactory({
    colorize: true,
    ignore: 'pid,hostname,process,part,node',
    translateTime: 'SYS:HH:MM:ss',
  })
}
