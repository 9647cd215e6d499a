import { createHash } from 'node:crypto'
import { readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import type { ListenAddress } from '../config/listen.ts'
import type { SettingName } from '../config/settings.ts'
import { EXIT } from './exit-codes.ts'
import { StartError } from './start-error.ts'

const PID_FILE = 'primary.pid'

/** Something that only one process has; the kernel takes it back when that dies, however it dies. */
export interface Lock {
  readonly release: () => void
}

/** Holds the data folder for this process. The pid file is only for people. Throws StartError. */
export async function lockInstance(dataDir: string): Promise<Lock> {
  const folder = realpathSync(dataDir)
  const pidFile = join(folder, PID_FILE)
  const lock = await lockName(folderLock(folder))
  if (!lock) throw new StartError(EXIT.temporary, `DATA_DIR ${folder} is in use by a live instance${readPid(pidFile)}`)
  writeFileSync(pidFile, `${process.pid}\n`)
  return {
    release: () => {
      rmSync(pidFile, { force: true })
      lock.release()
    },
  }
}

/**
 * Holds the port, or a free one for 0, against other programs and other Drumbeats. uWS would share a port that is taken
 * without a word, as it does with its own workers, so it is asked for alone first; another Drumbeat that asks in the same
 * moment finds the lock. Throws StartError.
 */
export async function lockPort(
  { host, port: wanted }: ListenAddress,
  setting: SettingName,
): Promise<Lock & { readonly port: number }> {
  const port = wanted === 0 ? await tryPort(host, 0) : wanted
  const lock = await lockName(portLock(port))
  if (lock && (wanted === 0 || (await isFree(host, port)))) return { port, release: () => lock.release() }
  lock?.release()
  throw new StartError(EXIT.temporary, `${setting} ${port} on ${host} is in use`)
}

/** Who has the port; looks only, so that nobody who starts meanwhile is in its way for more than a moment. Rejects as lockPort does. */
export async function whoHasPort(host: string, port: number): Promise<'nobody' | 'a Drumbeat' | 'another program'> {
  if (await isLocked(portLock(port))) return 'a Drumbeat'
  return (await isFree(host, port)) ? 'nobody' : 'another program'
}

/** Whether a live Drumbeat has the data folder, which has to be there. */
export function isFolderInUse(dataDir: string): Promise<boolean> {
  return isLocked(folderLock(realpathSync(dataDir)))
}

function folderLock(folder: string): string {
  return `data-${createHash('sha256').update(folder).digest('hex').slice(0, 32)}`
}

function portLock(port: number): string {
  return `port-${port}`
}

function socketOf(lock: string): { readonly path: string } {
  return { path: `\0drumbeat-${lock}` }
}

function isLocked(lock: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketOf(lock))
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}

/** undefined: somebody has it. A listening socket in Linux's abstract namespace, which the kernel gives to one process only. */
async function lockName(name: string): Promise<Lock | undefined> {
  const server = createServer((socket) => socket.destroy())
  if (!(await tryListen(server, socketOf(name)))) return undefined
  server.unref()
  return { release: () => void server.close() }
}

async function isFree(host: string, port: number): Promise<boolean> {
  return (await tryPort(host, port)) === port
}

/** Listens alone for a moment. Gives the port; -1: something listens there. */
async function tryPort(host: string, port: number): Promise<number> {
  const server = createServer()
  if (!(await tryListen(server, { host, port, exclusive: true }))) return -1
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : port
}

/** false: somebody has it. Rejects where the address is not this machine's, or may not be had. */
function tryListen(
  server: Server,
  where: { path: string } | { host: string; port: number; exclusive: true },
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false)
      else reject(new StartError(EXIT.configuration, `cannot listen: ${error.message}`, error))
    })
    server.listen(where, () => resolve(true))
  })
}

function readPid(file: string): string {
  try {
    return ` (pid ${readFileSync(file, 'utf8').trim()})`
  } catch {
    return '' // only for people
  }
}
