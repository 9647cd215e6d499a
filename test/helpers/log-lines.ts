import type { Log } from '../../src/base/log.ts'

export interface LogLine {
  readonly level: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly message: string
}

export function logInto(lines: LogLine[]): Log {
  const at = (level: string) => (fields: object, message: string) =>
    lines.push({ level, fields: { ...fields }, message })
  const log = Object.fromEntries(
    ['trace', 'debug', 'info', 'warn', 'error', 'fatal'].map((level) => [level, at(level)]),
  )
  return { ...log, child: () => logInto(lines) } as unknown as Log
}
