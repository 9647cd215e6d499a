import { PATIENCE_MS } from './patience.ts'
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Readable, Writable } from 'node:stream'
import { Waiter } from './waiter.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const DIE_WITH_PARENT = new URL('./die-with-parent.ts', import.meta.url).href
/** Of the server and of the processes that it starts. */
const NODE_OPTIONS = `--require=${JSON.stringify(fileURLToPath(new URL('../tap/quick-start.cjs', import.meta.url)))}`

export type ServerEnv = Readonly<Record<string, string>>

export interface Ended {
  /** null: a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** From the start on. */
  readonly tookMs: number
}

/** `node src/main.ts` with this environment and no more of ours than it takes to run. It ends when the test process does. */
export class ServerProcess {
  /** When it has ended, and its workers, too: they have its standard output. */
  readonly ended: Promise<Ended>
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  #stdout = ''
  #stderr = ''
  #hasEnded = false
  readonly #output = new Waiter()

  /** @param nodeArgs stand before the script */
  constructor(env: ServerEnv, nodeArgs: readonly string[] = [], script: string = MAIN) {
    const startedMs = performance.now()
    const { PATH = '', HOME = '', TMPDIR } = process.env
    this.#child = spawn(process.execPath, ['--import', DIE_WITH_PARENT, ...nodeArgs, script], {
      env: { PATH, HOME, NODE_OPTIONS, ...(TMPDIR === undefined ? {} : { TMPDIR }), ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.#child.stdin.on('error', () => {}) // it may end first
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text
      this.#output.wake()
    })
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text))
    this.ended = once(this.#child, 'close').then(([code, signal]: (number | NodeJS.Signals | null)[]) => {
      this.#hasEnded = true
      this.#output.wake()
      return {
        code: code as number | null,
        signal: signal as NodeJS.Signals | null,
        tookMs: performance.now() - startedMs,
      }
    })
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('the server was not started')
    return this.#child.pid
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  get stdout(): string {
    return this.#stdout
  }

  get stderr(): string {
    return this.#stderr
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** The first line of the log with this `msg`. Rejects when it ends, or says nothing of the kind in that time. */
  logLine(msg: string, withinMs = PATIENCE_MS): Promise<Readonly<Record<string, unknown>>> {
    const said = () => `the server did not say "${msg}":\n${this.#stderr}\n${this.#stdout}`
    const look = () => {
      const line = parseLog(this.#stdout).find((entry) => entry['msg'] === msg)
      if (!line && this.#hasEnded) throw new Error(said())
      return line
    }
    return this.#output.until(look, withinMs, said)
  }
}

/** Lines of the log, warnings and errors of the start, and the welcome with its indented lines. */
const OUR_LINES = [/^\{"level":/, /^drumbeat: /, /^ {2}\S/, /^$/]

/** The lines that the server did not mean to write: what a library prints by itself, say. */
export function strayLines(text: string): readonly string[] {
  return text.split('\n').filter((line) => !OUR_LINES.some((ours) => ours.test(line)))
}

/** The whole lines of a JSON log; others are passed over. */
export function parseLog(text: string): readonly Readonly<Record<string, unknown>>[] {
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n')
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Record<string, unknown>)
}
