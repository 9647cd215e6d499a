import { isatty } from 'node:tty'
import { standardError, standardOutput } from '../base/line-output.ts'
import { parsePartLevel } from '../protocol/log-levels.ts'
import { Logs } from './logs.ts'
import type { Settings } from './settings.ts'

/** Opens the logs of a process on its standard output. The name of the process is in every line. */
export function openLogs({ LOG_LEVEL, LOG_LEVELS, LOG_FORMAT, NODE_ID }: Settings, process: string): Logs {
  const pretty = LOG_FORMAT === 'pretty' || (LOG_FORMAT === 'auto' && isatty(1))
  const levels = new Map(LOG_LEVELS.map(parsePartLevel).filter((entry) => entry !== undefined))
  // All processes share the output, so only one of them reports a loss.
  if (process === 'primary') sayFirstLoss()
  return new Logs({ level: LOG_LEVEL, levels, pretty, bindings: { node: NODE_ID, process } })
}

function sayFirstLoss(): void {
  const output = standardOutput()
  output.onLoss = (reason) => {
    output.onLoss = () => {}
    standardError().write(
      `drumbeat: warning: the log cannot be written (${reason}). Its lines are lost; the server continues.\n`,
    )
  }
}
