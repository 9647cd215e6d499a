import { createLog, type Log } from '../base/log.ts'
import type { Settings } from './settings.ts'

/** The log of a process; `part` stands in every line. */
export function openLog({ LOG_LEVEL, LOG_FORMAT, NODE_ID }: Settings, part: string): Log {
  const pretty = LOG_FORMAT === 'pretty' || (LOG_FORMAT === 'auto' && process.stdout.isTTY)
  return createLog({ level: LOG_LEVEL, pretty, bindings: { node: NODE_ID, part } })
}
