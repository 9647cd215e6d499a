import { LineOutput } from '../../../src/base/line-output.ts'

export interface LogEntry {
  readonly msg: string
  readonly [field: string]: unknown
}

/** An output that keeps the lines that a process writes. */
export function linesInto(entries: LogEntry[]): LineOutput {
  return new LineOutput({
    write(bytes) {
      const lines = bytes.toString().split('\n')
      for (const line of lines) if (line !== '') entries.push(JSON.parse(line) as LogEntry)
      return bytes.length
    },
  })
}
