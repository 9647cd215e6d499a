import { createHash } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { hasCode } from '../base/error-code.ts'
import { toError } from '../base/assert.ts'
import { delay } from '../base/delay.ts'
import type { ListenAddress } from '../config/listen.ts'
import type { SettingName } from '../config/settings.ts'
import { EXIT } from './exit-codes.ts'
import { StartError } from './start-error.ts'

const PID_FILE = 'primary.pid'
const LOCK_FILE = 'lock'

/** Something that only one process can have. The kernel releases it when the process dies, however that happens. */
export interface Lock {
  readonly release: () => void
}

/**
 * Locks the data folder for this process. Throws StartError if another process has it. The pid file is only for people.
 *
 * The lock is flock(2) on a file in the folder, so only a user who may write the folder can take it. It belongs to the open file,
 * which no child process gets, so the kernel releases it however this process dies. Node cannot call flock(2). So flock(1) locks
 * the descriptor that it is given, and leaves it locked. If there is no flock(1), the lock is the name of a socket in Linux's
 * abstract namespace, which any user could take. A file that is created exclusively is no lock, because it outlives its process.
 */
export async function lockInstance(dataDir: string): Promise<Lock> {
  const folder = realpathSync(dataDir)
  const pidFile = join(folder, PID_FILE)
  const lock = await lockFolder(folder)
  if (!lock) {
    const instance = `a live instance${readPid(pidFile)}`
    const remedy =
      'stop that one, or name another folder by --data-dir or DATA_DIR, and another port by --port or HTTP_PORT'
    throw new StartError(EXIT.temporary, `DATA_DIR ${folder} is in use by ${instance}: ${remedy}`)
  }
  writeFileSync(pidFile, `${process.pid}\n`)
  return {
    release: () => {
      rmSync(pidFile, { force: true })
      lock.release()
    },
  }
}

/**
 * Reserves the port, or a free one for 0, against other programs and other Drumbeats. uWS shares ports between workers, so it would
 * silently share one that is in use. So the port is first opened exclusively for a moment. Another Drumbeat that starts in that
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
  const by = setting === 'HTTP_PORT' ? '--port or HTTP_PORT' : setting
  throw new StartError(EXIT.temporary, `${setting} ${port} on ${host} is in use: name another port by ${by}`)
}

/** Finds out who has the port. It blocks the port only for a moment, in case a server starts meanwhile. Rejects as lockPort does. */
export async function whoHasPort(host: string, port: number): Promise<'nobody' | 'a Drumbeat' | 'another program'> {
  if (await isLocked(portLock(port))) return 'a Drumbeat'
  return (await isFree(host, port)) ? 'nobody' : 'another program'
}

/** Whether a live Drumbeat has the data folder. The folder must exist. */
export async function isFolderInUse(dataDir: string): Promise<boolean> {
  const folder = realpathSync(dataDir)
  const file = join(folder, LOCK_FILE)
  if (!existsSync(file) || !mayRead(file)) return isLocked(folderLock(folder))
  const fd = openSync(file, 'r')
  try {
    const outcome = flock(fd)
    return outcome === 'missing' ? await isLocked(folderLock(folder)) : outcome === 'taken'
  } finally {
    closeSync(fd)
  }
}

/** Returns undefined if another process has the lock. */
async function lockFolder(folder: string): Promise<Lock | undefined> {
  const fd = openLock(join(folder, LOCK_FILE))
  let outcome = flock(fd)
  // A process that only looks, such as the doctor, has the lock for a moment.
  for (let look = 1; outcome === 'taken' && look < LOOKS; look++) {
    await delay(LOOK_MS)
    outcome = flock(fd)
  }
  if (outcome === 'locked') return { release: () => closeSync(fd) }
  closeSync(fd)
  return outcome === 'missing' ? lockName(folderLock(folder)) : undefined
}

/** Throws StartError if the file belongs to another user, for example after a start as root. */
function openLock(file: string): number {
  try {
    return openSync(file, 'a', 0o600)
  } catch (cause) {
    throw new StartError(EXIT.permission, `the data folder cannot be locked: ${toError(cause).message}`, cause)
  }
}

function mayRead(file: string): boolean {
  try {
    accessSync(file, constants.R_OK)
    return true
  } catch {
    return false // another user's folder
  }
}

const LOOKS = 3
const LOOK_MS = 100
/** The status of flock(1) if another process has the lock. */
const TAKEN = 1

/** Locks the open file, which this process shares with flock(1). Throws StartError for any other error of flock(1). */
function flock(fd: number): 'locked' | 'taken' | 'missing' {
  const { status, error, stderr } = spawnSync('flock', ['-n', '3'], {
    stdio: ['ignore', 'ignore', 'pipe', fd],
  })
  if (hasCode(error, 'ENOENT')) return 'missing'
  if (status === 0) return 'locked'
  if (status === TAKEN) return 'taken'
  throw new StartError(
    EXIT.configuration,
    `the data folder cannot be locked: ${error?.message ?? stderr.toString().trim()}`,
  )
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

/**
 * Takes a name in Linux's abstract namespace by listening on it, which the kernel allows to one process only. Returns undefined if
 * another process has it.
 */
async function lockName(name: string): Promise<Lock | undefined> {
  const server = createServer((socket) => socket.destroy())
  if (!(await tryListen(server, socketOf(name)))) return undefined
  server.unref()
  return { release: () => void server.close() }
}

async function isFree(host: string, port: number): Promise<boolean> {
  return (await tryPort(host, port)) === port
}

/** Listens exclusively for a moment. Returns the port, or -1 if another program listens there. */
async function tryPort(host: string, port: number): Promise<number> {
  const server = createServer()
  if (!(await tryListen(server, { host, port, exclusive: true }))) return -1
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : port
}

/** Resolves to false if the address is in use. Rejects if it is not this machine's, or this user may not use it. */
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
