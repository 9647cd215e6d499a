import { performance } from 'node:perf_hooks'
import { join } from 'node:path'
import { Child } from './child.ts'
import type { Cores } from './cores.ts'
import type { Job, News, Order } from './load/order.ts'
import type { Figures, JobResult } from './load/result.ts'
import { refOf, type Peer } from './peers/peer.ts'
import { readCoreBusySeconds, readTreeUsage } from './process-cpu.ts'
import type { RunningServer } from './server.ts'

/**
 * The generator's results, and what the server used in the window. CPU is in cores: seconds of CPU time per second.
 * `primaryCores`: the part of the first of several processes. `foreignCores`: what other programs used of the server's core, if
 * it has one of its own.
 */
export interface Measured {
  readonly figures: Figures
  readonly doubts: readonly string[]
}

export interface GenerateOptions {
  readonly peer: Peer
  readonly job: Job
  readonly cores: Cores
  readonly onPhase: (phase: string) => void
}

/** Runs the generator in a process of its own, on the core that the server does not use. */
export async function generate(server: RunningServer, options: GenerateOptions): Promise<Measured> {
  const { peer, job, cores, onPhase } = options
  const generator = await Child.start({
    file: join(import.meta.dirname, 'load/process.ts'),
    core: cores.pinned ? cores.client : undefined,
    ipc: true,
  })
  try {
    const usages: Usage[] = []
    const finished = Promise.withResolvers<JobResult>()
    generator.onMessage((message) => {
      const news = message as News
      if ('result' in news) return finished.resolve(news.result)
      if ('failed' in news) return finished.reject(new Error(news.failed))
      // These are the first and the last moment of the window, so the usage is read before anything else is done.
      if (news.phase === 'measuring' || news.phase === 'draining') usages.push(readUsage(server, generator, cores))
      onPhase(news.phase)
    })
    const ended = generator.exited.then((): never => {
      throw new Error(`the load generator ended:\n${generator.lastOutput}`)
    })
    ended.catch(() => {}) // it is stopped below in any case
    generator.send({ target: { url: server.url, dialect: refOf(peer) }, job } satisfies Order)
    const { figures, doubts } = await Promise.race([finished.promise, server.died, ended])
    return { figures: { ...figures, ...compare(usages, figures['perSecond'] ?? 0) }, doubts }
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

function compare([before, after]: readonly Usage[], perSecond: number): Figures {
  if (before === undefined || after === undefined) throw new Error('the generator did not say when it measured')
  const seconds = (after.atMs - before.atMs) / 1000
  const serverCores = (after.server.cpuSeconds - before.server.cpuSeconds) / seconds
  const busy =
    before.coreBusySeconds === undefined || after.coreBusySeconds === undefined
      ? undefined
      : (after.coreBusySeconds - before.coreBusySeconds) / seconds
  const primaryCores = (after.server.rootSeconds - before.server.rootSeconds) / seconds
  return {
    serverCores,
    ...(after.server.processes === 1 ? {} : { primaryCores }),
    microsEach: (serverCores * 1e6) / perSecond,
    perCpuSecond: perSecond / serverCores,
    serverProcesses: after.server.processes,
    rssBytes: after.server.rssBytes,
    rssGrownBytes: after.server.rssBytes - before.server.rssBytes,
    generatorCores: (after.generatorSeconds - before.generatorSeconds) / seconds,
    // The ticks of the core and of the processes are not read at the same instant, so the difference may be below 0.
    ...(busy === undefined ? {} : { foreignCores: Math.max(0, busy - serverCores) }),
  }
}
