import { parsePartLevel } from '../protocol/log-levels.ts'
import { Logs } from './logs.ts'
import type { Settings } from './settings.ts'

/** The logs of a process; its name stands in every line. */
export function openLogs({ LOG_LEVEL, LOG_LEVELS, LOG_FORMAT, NODE_ID }: Settings, process: string): Logs {
  const pretty = LOG_FORMAT === 'pretty' || (LOG_FORMAT === 'auto' && globalThis.process.stdout.isTTY)
  const levels = new Map(LOG_LEVELS.map(parsePartLevel).filter((entry) => entry !== undefined))
  return new Logs({ level: LOG_LEVEL, levels, pretty, bindings: { node: NODE_ID, process } })
}
