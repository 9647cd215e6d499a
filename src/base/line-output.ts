import { fstatSync, constants, openSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { toError } from './assert.ts'

export interface LineOutputOptions {
  /**
   * Writes as much as it can at once and returns the number of bytes. Throws what the system throws: EAGAIN if the reader is
   * behind.
   */
  readonly write: (bytes: Buffer) => number
  /** How many bytes may wait for a reader that is behind; 1 MiB by default. */
  readonly bytesMax?: number
}

const BYTES_MAX = 1024 * 1024
const LINE_END = Buffer.of(0x0a)
/** How soon writing to a reader that is behind is tried again. */
const RETRY_MS = 50

/**
 * Writes lines, and never waits or throws: a log must not stop the process that it reports on. Lines that the reader does not
 * take are kept, up to `bytesMax`. A line that does not fit or cannot be written is lost, and counted.
 */
export class LineOutput {
  readonly #write: (bytes: Buffer) => number
  readonly #bytesMax: number
  readonly #waiting: Buffer[] = []
  #waitingBytes = 0
  #retry: NodeJS.Timeout | undefined
  /** Whether the last line was written only in part, and its rest is lost. */
  #isTorn = false
  #lost = 0
  #lostNow = 0
  /** Called with the reason when a line is lost and the one before it was not. */
  onLoss: (reason: string) => void = () => {}
  /** Called when a line is written again, with the number of lines that were lost. */
  onBack: (lost: number) => void = () => {}

  constructor({ write, bytesMax = BYTES_MAX }: LineOutputOptions) {
    this.#write = write
    this.#bytesMax = bytesMax
  }

  /** The number of lines lost so far. */
  get lost(): number {
    return this.#lost
  }

  /** @param line including its line end */
  write(line: string): void {
    const bytes = Buffer.from(line)
    if (this.#waiting.length > 0) this.#wait(bytes)
    else this.#put(bytes)
  }

  /** Tries to write the lines that wait. */
  flush(): void {
    for (let bytes = this.#waiting.shift(); bytes; bytes = this.#waiting.shift()) {
      this.#waitingBytes -= bytes.length
      if (!this.#put(bytes)) return
    }
  }

  /** Returns false if the reader is behind. Then the line, or the rest of it, waits in front of the others. */
  #put(bytes: Buffer): boolean {
    const whole = this.#isTorn ? Buffer.concat([LINE_END, bytes]) : bytes
    let rest = whole
    try {
      while (rest.length > 0) rest = rest.subarray(this.#write(rest))
    } catch (error) {
      const { code, message } = toError(error) as NodeJS.ErrnoException
      if (code === 'EAGAIN' || code === 'EWOULDBLOCK') {
        this.#isTorn = false
        this.#wait(rest, true)
        return false
      }
      this.#isTorn ||= rest.length < whole.length
      this.#lose(code ?? message)
      return true
    }
    this.#isTorn = false
    if (this.#lostNow > 0 && this.#waiting.length === 0) this.#isBack()
    return true
  }

  #wait(bytes: Buffer, isFirst = false): void {
    if (!isFirst && this.#waitingBytes + bytes.length > this.#bytesMax) {
      this.#lose('the reader does not keep up')
      return
    }
    if (isFirst) this.#waiting.unshift(bytes)
    else this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
    if (this.#retry) return
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      this.flush()
    }, RETRY_MS).unref()
  }

  #lose(reason: string): void {
    this.#lost++
    if (this.#lostNow++ === 0) this.onLoss(reason)
  }

  #isBack(): void {
    const lost = this.#lostNow
    this.#lostNow = 0
    this.onBack(lost)
  }
}

const outputs = new Map<number, LineOutput>()

/** For the log. */
export function standardOutput(): LineOutput {
  return outputOf(1)
}

/** For messages to people. */
export function standardError(): LineOutput {
  return outputOf(2)
}

function outputOf(fd: number): LineOutput {
  const output = outputs.get(fd) ?? openOutput(fd)
  outputs.set(fd, output)
  return output
}

function openOutput(fd: number): LineOutput {
  const target = openNonBlocking(fd)
  const output = new LineOutput({ write: (bytes) => writeSync(target, bytes) })
  process.on('exit', () => output.flush())
  return output
}

/** Node's sockets are kept here: if one were garbage collected, it would close its file descriptor. */
const sockets: Socket[] = []

/**
 * Returns a file descriptor for the same target on which a write does not wait. A terminal or pipe is opened a second time,
 * because its non-blocking flag would otherwise be set for all programs that share it. A socket cannot be opened a second time,
 * so Node sets the flag. A file never makes a writer wait.
 */
export function openNonBlocking(fd: number): number {
  if (fstatSync(fd).isFile()) return fd
  try {
    return openSync(`/dev/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch {
    setNonBlocking(fd)
    return fd
  }
}

/** Leaves the descriptor as it is if Node cannot do this for it. */
function setNonBlocking(fd: number): void {
  try {
    const socket = new Socket({ fd, readable: false, writable: true }).unref()
    socket.on('error', () => {}) // nothing is written through it, and `writeSync` reports errors
    sockets.push(socket)
  } catch {
    return // it is neither a pipe nor a socket
  }
}
