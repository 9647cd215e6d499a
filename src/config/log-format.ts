import type { Settings } from './settings.ts'

/** Whether log lines are for people: as configured, or because standard output is a terminal. */
export function isPretty({ LOG_FORMAT }: Pick<Settings, 'LOG_FORMAT'>): boolean {
  return LOG_FORMAT === 'pretty' || (LOG_FORMAT === 'auto' && process.stdout.isTTY)
}
