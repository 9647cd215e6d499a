import { spawn, type ChildProcess } from 'node:child_process'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** A process of this node, and this end of the link to it. */
export interface NodeProcess {
  readonly pid: number | undefined
  readonly link: Duplex
  kill(): void
  /** Resolves with the reason when the process has ended. */
  readonly ended: Promise<string>
}

/** The file descriptor of the link in the child. It is a socket pair, so it closes when either side dies. */
const LINK_FD = 3

/**
 * MiB in each half of V8's young generation. `npm start` and the units give the primary the same. V8's default of 16 takes some
 * 20 MB more in each process without a measurable gain: the CPU time of pings, broadcasts and rooms is the same at 2, 4 and 16.
 */
export const YOUNG_GENERATION = '--max-semi-space-size=4'

/** By default SIGUSR1 makes Node open an inspector, which every user of the machine may use. */
export const NO_INSPECTOR = '--disable-sigusr1'

/** uWebSockets.js reads this variable once, when its binary is loaded. It answers a larger request head with 431 itself. */
const HEAD_BYTES_VARIABLE = 'UWS_HTTP_MAX_HEADERS_SIZE'

export interface ChildOptions {
  /** The file that runs a worker if started with `--worker`, and a host with `--host`. */
  readonly script: string
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface WorkerProcessOptions extends ChildOptions {
  /** The largest head of a request: request line and headers. */
  readonly headBytesMax: number
}

export function spawnWorker({ script, env, headBytesMax }: WorkerProcessOptions): NodeProcess {
  const args = [YOUNG_GENERATION, NO_INSPECTOR, script, '--worker']
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
    env: { ...env, [HEAD_BYTES_VARIABLE]: String(headBytesMax) },
  })
  return processOf(child)
}

/** Wraps a child whose stdio has a pipe at `LINK_FD`. */
export function processOf(child: ChildProcess): NodeProcess {
  return { pid: child.pid, link: pipeOf(child, LINK_FD), kill: () => void child.kill('SIGKILL'), ended: endOf(child) }
}

export function pipeOf(child: ChildProcess, fd: number): Socket {
  const pipe = child.stdio[fd]
  if (!(pipe instanceof Socket)) throw new Error(`a child process has no pipe at file descriptor ${fd}`)
  return pipe
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : signal))
  })
}
