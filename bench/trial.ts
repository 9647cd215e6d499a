import { performance } from 'node:perf_hooks'
import { join } from 'node:path'
import { Child } from './child.ts'
import type { Cores } from './cores.ts'
import type { Load, LoadResult, Phase } from './load/broadcast.ts'
import type { News, Order } from './load/process.ts'
import type { Peer } from './peers/peer.ts'
import { readCoreBusySeconds, readTreeUsage } from './process-cpu.ts'
import { startServer, type RunningServer } from './server.ts'

/** One run of one peer. CPU in cores: seconds of CPU time per second of the measured window. */
export interface Measured extends LoadResult {
  readonly serverCores: number
  readonly serverMicrosPerDelivery: number
  readonly serverProcesses: number
  /** At the end of the window. */
  readonly serverRssBytes: number
  readonly generatorCores: number
  /** What others took of the server's core; undefined where it has none of its own. */
  readonly foreignCores: number | undefined
}

export type Trial = { readonly peer: string } & ({ readonly measured: Measured } | { readonly failed: string })

export interface TrialOptions {
  readonly peer: Peer
  readonly load: Load
  readonly cores: Cores
  readonly onPhase: (phase: Phase) => void
}

/** Starts the server and the generator, and stops both whatever happens. A run that fails is a result, too. */
export async function runTrial(options: TrialOptions): Promise<Trial> {
  const { peer, cores } = options
  try {
    const server = await startServer(peer, cores.pinned ? cores.server : undefined)
    try {
      return { peer: peer.name, measured: await measure(server, options) }
    } finally {
      await server.stop()
    }
  } catch (error) {
    return { peer: peer.name, failed: error instanceof Error ? error.message : String(error) }
  }
}

async function measure(server: RunningServer, { peer, load, cores, onPhase }: TrialOptions): Promise<Measured> {
  const generator = await Child.start({
    file: join(import.meta.dirname, 'load/process.ts'),
    core: cores.pinned ? cores.client : undefined,
    ipc: true,
  })
  try {
    const usages: Usage[] = []
    const finished = Promise.withResolvers<LoadResult>()
    generator.onMessage((message) => {
      const news = message as News
      if ('result' in news) return finished.resolve(news.result)
      if ('failed' in news) return finished.reject(new Error(news.failed))
      // The window's first and last moment: read before anything else is done.
      if (news.phase === 'measuring' || news.phase === 'draining') usages.push(readUsage(server, generator, cores))
      onPhase(news.phase)
    })
    const ended = generator.exited.then((): never => {
      throw new Error(`the load generator ended:\n${generator.lastOutput}`)
    })
    ended.catch(() => {}) // it is stopped below in any case
    generator.send({ target: { url: server.url, peer: peer.name }, load } satisfies Order)
    const result = await Promise.race([finished.promise, server.died, ended])
    return { ...result, ...compare(usages, result.deliveriesPerSecond) }
  } finally {
    await generator.stop()
  }
}

interface Usage {
  readonly atMs: number
  readonly server: ReturnType<typeof readTreeUsage>
  readonly generatorSeconds: number
  readonly coreBusySeconds: number | undefined
}

function readUsage(server: RunningServer, generator: Child, cores: Cores): Usage {
  return {
    atMs: performance.now(),
    server: readTreeUsage(server.pid),
    generatorSeconds: readTreeUsage(generator.pid).cpuSeconds,
    coreBusySeconds: cores.pinned ? readCoreBusySeconds(cores.server) : undefined,
  }
}

function compare([before, after]: readonly Usage[], deliveriesPerSecond: number): Omit<Measured, keyof LoadResult> {
  if (before === undefined || after === undefined) throw new Error('the generator did not say when it measured')
  const seconds = (after.atMs - before.atMs) / 1000
  const serverCores = (after.server.cpuSeconds - before.server.cpuSeconds) / seconds
  const busy =
    before.coreBusySeconds === undefined || after.coreBusySeconds === undefined
      ? undefined
      : (after.coreBusySeconds - before.coreBusySeconds) / seconds
  return {
    serverCores,
    serverMicrosPerDelivery: (serverCores * 1e6) / deliveriesPerSecond,
    serverProcesses: after.server.processes,
    serverRssBytes: after.server.rssBytes,
    generatorCores: (after.generatorSeconds - before.generatorSeconds) / seconds,
    // The ticks of the core and of the processes are not read in the same instant: under 0 is 0.
    foreignCores: busy === undefined ? undefined : Math.max(0, busy - serverCores),
  }
}
