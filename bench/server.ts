import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Child } from './child.ts'
import type { Peer } from './peers/peer.ts'

const START_MS_MAX = 20_000

export interface RunningServer {
  readonly url: string
  readonly pid: number
  /** Rejects if the server ends before it is stopped. The error has the last lines of its output. */
  readonly died: Promise<never>
  readonly stop: () => Promise<void>
}

/** Starts a peer's server on a free port with a new data folder. If `core` is given, the server runs only there. */
export async function startServer(peer: Peer, core?: number): Promise<RunningServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'drumbeat-bench-'))
  const closers = [() => rm(dataDir, { recursive: true, force: true })]
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close()
  }
  try {
    const program = peer.server(dataDir)
    const child = await Child.start({ file: program.file, nodeArgs: program.nodeArgs, env: program.env, core })
    closers.push(() => child.stop())
    if (!program.watchesStdin) {
      const watchdog = await Child.start({ file: join(import.meta.dirname, 'watchdog.ts'), args: [String(child.pid)] })
      // The watchdog ends after the server, because it makes sure that the server is not left behind.
      closers.splice(1, 0, () => watchdog.stop())
    }
    const died = child.exited.then((): never => {
      throw new Error(`${peer.title} ended:\n${child.lastOutput}`)
    })
    died.catch(() => {}) // an end after the run is no failure
    return { url: await listening(child, peer, died), pid: child.pid, died, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Resolves to the url in the line that says that the server listens. */
async function listening(child: Child, peer: Peer, died: Promise<never>): Promise<string> {
  const said = Promise.withResolvers<string>()
  child.onLine((line) => {
    const url = listeningUrl(line)
    if (url !== undefined) said.resolve(url)
  })
  const timer = new AbortController()
  const tooLate = sleep(START_MS_MAX, undefined, { signal: timer.signal }).then((): never => {
    throw new Error(`${peer.title} did not say that it listens:\n${child.lastOutput}`)
  })
  tooLate.catch(() => {})
  try {
    return await Promise.race([said.promise, died, tooLate])
  } finally {
    timer.abort()
  }
}

function listeningUrl(line: string): string | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const entry = JSON.parse(line) as { readonly msg?: unknown; readonly url?: unknown }
    return entry.msg === 'listening' && typeof entry.url === 'string' ? entry.url : undefined
  } catch {
    return undefined // it is not a line of the log
  }
}
