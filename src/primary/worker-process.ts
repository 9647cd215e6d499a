import { spawn, type ChildProcess } from 'node:child_process'
import { Socket } from 'node:net'

/** A worker's process and its end of the link. */
export interface WorkerProcess {
  readonly pid: number | undefined
  readonly link: Socket
  kill(): void
  /** Resolves when it has ended, with what is to be said about it. */
  readonly ended: Promise<string>
}

/** Where the link stands among the child's file descriptors; a socket pair, so it ends when either side dies. */
const LINK_FD = 3

export function spawnWorker(script: string): WorkerProcess {
  const child = spawn(process.execPath, [script, '--worker'], { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] })
  const link = child.stdio[LINK_FD]
  if (!(link instanceof Socket)) throw new Error('the worker has no link')
  return { pid: child.pid, link, kill: () => void child.kill('SIGKILL'), ended: endOf(child) }
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : signal))
  })
}
