import type { WriteStream } from 'node:tty'

const CLEAR_LINE = '\r\u001B[2K'

/** What the bench is doing: one line written over and over on a terminal, lines one below the other elsewhere. */
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
