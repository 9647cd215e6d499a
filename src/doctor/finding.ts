/** `skip`: it could not be examined here. */
export type Level = 'ok' | 'warn' | 'fail' | 'skip'

/** One thing that was examined. */
export interface Finding {
  readonly check: string
  readonly level: Level
  readonly text: string
  /** A command, or what to write into the configuration. */
  readonly mend?: string
}

export function ok(check: string, text: string): Finding {
  return { check, level: 'ok', text }
}

export function warn(check: string, text: string, mend: string): Finding {
  return { check, level: 'warn', text, mend }
}

export function fail(check: string, text: string, mend: string): Finding {
  return { check, level: 'fail', text, mend }
}

export function skip(check: string, text: string): Finding {
  return { check, level: 'skip', text }
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** Such as 1.5 GiB. */
export function showBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** power
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${UNITS[power]}`
}
