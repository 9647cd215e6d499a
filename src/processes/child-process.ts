import { spawn, type ChildProcess } from 'node:child_process'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** A process of this node, and this end of the link to it. */
export interface NodeProcess {
  readonly pid: number | undefined
  readonly link: Duplex
  kill(): void
  /** Resolves when it has ended, with what is to be said about it. */
  readonly ended: Promise<string>
}

/** Where the link stands among the child's file descriptors; a socket pair, so it ends when either side dies. */
const LINK_FD = 3

/**
 * MiB of each half of the young generation, as `npm start` and the units give the primary. V8's 16 are touched by turns: some 20 MB
 * more for each process, and nothing measurable is gained (CPU of pings, broadcasts and rooms is the same at 2, 4 and 16).
 */
export const YOUNG_GENERATION = '--max-semi-space-size=4'

/** Node's SIGUSR1 opens an inspector, which anybody on the machine may use. */
export const NO_INSPECTOR = '--disable-sigusr1'

/** uWebSockets.js reads it once, when its binary is loaded. A larger request head is answered with 431 by uWebSockets.js itself. */
const HEAD_BYTES_VARIABLE = 'UWS_HTTP_MAX_HEADERS_SIZE'

export interface ChildOptions {
  /** The file that becomes a worker with `--worker`, a host with `--host`. */
  readonly script: string
  /** This process's. */
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface WorkerProcessOptions extends ChildOptions {
  /** How large a request's head may be: request line and headers. */
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

/** A child whose stdio has a pipe at `LINK_FD`. */
export function processOf(child: ChildProcess): NodeProcess {
  return { pid: child.pid, link: pipeOf(child, LINK_FD), kill: () => void child.kill('SIGKILL'), ended: endOf(child) }
}

export function pipeOf(child: ChildProcess, fd: number): Socket {
  const pipe = child.stdio[fd]
  if (!(pipe instanceof Socket)) throw new Error(`a child process has no pipe at ${fd}`)
  return pipe
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : signal))
  })
}
