import { spawn, type ChildProcess, type Serializable } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { pinnedCommand } from './cores.ts'

const STOP_MS_MAX = 5_000
const LAST_LINES = 12

export interface Program {
  readonly file: string
  /** Arguments of Node, which come before the file. */
  readonly nodeArgs?: readonly string[] | undefined
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly core?: number | undefined
  /** Whether it has an IPC channel to the bench. */
  readonly ipc?: boolean
}

/** All running children, to be stopped together with the bench. */
const running = new Set<Child>()

/**
 * A program run by this Node in a process group of its own, so that Ctrl-C reaches only the bench. Its stdin and its IPC channel
 * close when the bench dies, whatever the cause.
 */
export class Child {
  readonly pid: number
  readonly exited: Promise<unknown>
  readonly #process: ChildProcess
  readonly #lastLines: string[] = []

  private constructor(child: ChildProcess, pid: number) {
    this.pid = pid
    this.#process = child
    this.exited = once(child, 'exit')
    running.add(this)
    child.on('exit', () => running.delete(this))
    child.stdout?.on('data', (chunk: Buffer) => this.#keep(chunk))
    child.stderr?.on('data', (chunk: Buffer) => this.#keep(chunk))
  }

  /** Rejects if the program cannot be started at all. */
  static async start(program: Program): Promise<Child> {
    const node = [process.execPath, ...(program.nodeArgs ?? []), program.file, ...(program.args ?? [])]
    const [command = '', ...args] = pinnedCommand(program.core, node)
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...program.env }
    const channel = program.ipc === true ? (['ipc'] as const) : []
    const child = spawn(command, args, { env, detached: true, stdio: ['pipe', 'pipe', 'pipe', ...channel] })
    await once(child, 'spawn')
    if (child.pid === undefined) throw new Error(`${command} has no process id`)
    return new Child(child, child.pid)
  }

  get hasExited(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null
  }

  /** The end of its output, for the message that says that it failed. */
  get lastOutput(): string {
    return this.#lastLines.join('\n')
  }

  onLine(listener: (line: string) => void): void {
    let rest = ''
    this.#process.stdout?.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) listener(line)
    })
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#process.on('message', listener)
  }

  send(message: Serializable): void {
    this.#process.send(message)
  }

  /** Asks it to end. If it does not, kills its whole group. */
  async stop(): Promise<void> {
    if (this.hasExited) return
    this.#process.stdin?.end()
    this.#process.kill('SIGTERM')
    const timer = new AbortController()
    await Promise.race([this.exited, sleep(STOP_MS_MAX, undefined, { signal: timer.signal })])
    timer.abort()
    if (this.hasExited) return
    process.kill(-this.pid, 'SIGKILL')
    await this.exited
  }

  #keep(chunk: Buffer): void {
    this.#lastLines.push(...chunk.toString().trimEnd().split('\n'))
    this.#lastLines.splice(0, this.#lastLines.length - LAST_LINES)
  }
}

export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((child) => child.stop()))
}
