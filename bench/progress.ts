import type { WriteStream } from 'node:tty'

const CLEAR_LINE = '\r\u001B[2K'

/** Shows what the bench is doing. A terminal gets one line that is overwritten; other outputs get line after line. */
export interface Progress {
  readonly show: (text: string) => void
  readonly say: (text: string) => void
  readonly clear: () => void
}

export function createProgress(stream: WriteStream): Progress {
  const clear = (): void => {
    if (stream.isTTY) stream.write(CLEAR_LINE)
  }
  return {
    clear,
    show: (text) => stream.write(stream.isTTY ? CLEAR_LINE + text : `${text}\n`),
    say: (text) => {
      clear()
      stream.write(`${text}\n`)
    },
  }
}
