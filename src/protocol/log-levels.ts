export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** The parts that can have a log level of their own. A part without one has the level of the part named here. */
export const LOG_PARENTS = {
  primary: null,
  store: 'primary',
  ledger: 'primary',
  presence: 'primary',
  placement: 'primary',
  worker: null,
  session: 'worker',
  commands: 'worker',
  http: 'worker',
  'socket-io': 'worker',
  security: 'worker',
  host: null,
  games: 'host',
} as const

export type LogPart = keyof typeof LOG_PARENTS
export const LOG_PARTS = Object.keys(LOG_PARENTS) as readonly LogPart[]

export function isLogPart(value: unknown): value is LogPart {
  return typeof value === 'string' && Object.hasOwn(LOG_PARENTS, value)
}

export function isLogLevel(value: unknown): value is LogLevel {
  return LOG_LEVELS.some((level) => level === value)
}

/** Parses text like `ledger=trace`. Returns undefined if the text is anything else. */
export function parsePartLevel(text: string): readonly [LogPart, LogLevel] | undefined {
  const [part, level, ...rest] = text.split('=')
  return isLogPart(part) && isLogLevel(level) && rest.length === 0 ? [part, level] : undefined
}

/** For how long a level that is set at run time may hold. */
export const LOG_LEVEL_MS = { min: 1_000, max: 86_400_000 } as const
