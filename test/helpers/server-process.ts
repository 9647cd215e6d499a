import { PATIENCE_MS } from './patience.ts'
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Readable, Writable } from 'node:stream'
import { Waiter } from './waiter.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const DIE_WITH_PARENT = new URL('./die-with-parent.ts', import.meta.url).href
/** For the server and the processes that it starts. */
const NODE_OPTIONS = `--require=${JSON.stringify(fileURLToPath(new URL('../tap/quick-start.cjs', import.meta.url)))}`

export type ServerEnv = Readonly<Record<string, string>>

export interface Ended {
  /** Null if a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Since the start. */
  readonly tookMs: number
}

/**
 * Runs `node src/main.ts` with this environment, and only those variables of ours that it needs to run. It ends when the test
 * process does.
 */
export class ServerProcess {
  /** Resolves when it has ended, and its workers, too, because they share its standard output. */
  readonly ended: Promise<Ended>
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  #stdout = ''
  #stderr = ''
  #hasEnded = false
  readonly #output = new Waiter()

  /** @param nodeArgs come before the script */
  constructor(env: ServerEnv, nodeArgs: readonly string[] = [], script: string = MAIN) {
    const startedMs = performance.now()
    const { PATH = '', HOME = '', TMPDIR } = process.env
    this.#child = spawn(process.execPath, ['--import', DIE_WITH_PARENT, ...nodeArgs, script], {
      env: { PATH, HOME, NODE_OPTIONS, ...(TMPDIR === undefined ? {} : { TMPDIR }), ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.#child.stdin.on('error', () => {}) // the server may end first
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

  /** Waits for the first line of the log with this `msg`. Rejects if the server ends, or does not log it in that time. */
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

/** Lines that are not the server's own, such as those that a library prints by itself. */
export function strayLines(text: string): readonly string[] {
  return text.split('\n').filter((line) => !OUR_LINES.some((ours) => ours.test(line)))
}

/** The complete lines of a JSON log. Other lines are skipped. */
export function parseLog(text: string): readonly Readonly<Record<string, unknown>>[] {
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n')
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Record<string, unknown>)
}
