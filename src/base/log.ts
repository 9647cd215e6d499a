import { createRequire } from 'node:module'
import pino, { type Logger, type LoggerOptions } from 'pino'
import type * as pinoPretty from 'pino-pretty'
import { systemClock } from './clock.ts'
import { LineLimit } from './line-limit.ts'
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
  /** Monotonic milliseconds; the system's by default. */
  readonly nowMs?: () => number
}

/** Lines of one text, and of one game if they name a game: so many at once, then one a second, which is some 20 MB a day at most. */
const LINES_BURST = 100
const LINES_PER_SECOND = 1
/** The texts of our lines are constants (`test/layers/log-texts.ts`), so these are more than there are. */
const TEXTS_MAX = 1_000
/** How long after a line was left out the log says how many were. */
const LEFT_OUT_MS = 10_000
const LEFT_OUT = 'lines of the log were left out: too many with this text'
const INFO = 30

type LogMethod = NonNullable<NonNullable<LoggerOptions['hooks']>['logMethod']>

/**
 * Of lines of one text only some are written, if the level is `info` or above: a client can make most things happen as often as it likes. The
 * others are counted, and a line says how many there were. Lines with `security` have a limit of their own, by address.
 *
 * Never pass a token or a payload. A line that cannot be written is lost; the next one that can be is followed by a line that says how many were.
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

/** undefined: it is not limited here. */
function kindOf(args: readonly unknown[]): string | undefined {
  const text = String(args.at(-1))
  const [about] = args
  if (text === LEFT_OUT) return undefined
  if (typeof about !== 'object' || about === null) return text
  if ('security' in about) return undefined
  return 'game' in about ? `${text} (${String(about.game)})` : text
}

/** Tells a while after it was first called. */
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

/** Loads its package only here: it takes 40 ms and some MiB of each process, and a log of JSON lines has no use for it. */
function createPrettifier(): (line: string) => string {
  const { prettyFactory } = createRequire(import.meta.url)('pino-pretty') as typeof pinoPretty
  return prettyFactory({
    colorize: true,
    ignore: 'pid,hostname,process,part,node',
    translateTime: 'SYS:HH:MM:ss',
  })
}
