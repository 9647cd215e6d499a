import { createHash } from 'node:crypto'
import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { EXIT } from '../setup/exit-codes.ts'
import { StartError } from '../setup/start-error.ts'

const PID_FILE = 'primary.pid'

/**
 * Holds the data folder for this process: a listening socket in Linux's abstract namespace, named after the folder, which
 * the kernel gives to one process only and takes back when that dies, however it dies. The pid file is only for people.
 */
export async function lockInstance(dataDir: string): Promise<{ release(): void }> {
  const folder = realpathSync(dataDir)
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 32)
  const server = createServer((socket) => socket.destroy())
  const isFree = await tryListen(server, { path: `\0drumbeat-${name}` })
  const pidFile = join(folder, PID_FILE)
  if (!isFree) {
    throw new StartError(EXIT.temporary, `DATA_DIR ${folder} is in use by a live instance${readPid(pidFile)}`)
  }
  server.unref()
  writeFileSync(pidFile, `${process.pid}\n`)
  return { release: () => void server.close() }
}

/**
 * The port, or a free one for 0. uWS would share a port that is taken without a word, as it does with its own workers, so
 * it is asked for alone first. Throws StartError.
 */
export async function findPort(host: string, port: number): Promise<number> {
  const server = createServer()
  const isFree = await tryListen(server, { host, port, exclusive: true })
  if (!isFree) throw new StartError(EXIT.temporary, `HTTP_PORT ${port} on ${host} is in use`)
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : port
}

/** false: somebody has it. Rejects for other reasons, as an address that is not this machine's. */
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
