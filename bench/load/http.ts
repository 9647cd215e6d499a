import autocannon from 'autocannon'
import type { Target } from '../../src/load/broadcast.ts'
import type { JobResult, OnPhase } from './result.ts'

/** autocannon on one route. */
export interface HttpLoad {
  readonly path: string
  readonly connections: number
  readonly pipelining: number
  readonly warmupSeconds: number
  readonly seconds: number
}

export async function runHttp({ url }: Target, load: HttpLoad, onPhase: OnPhase): Promise<JobResult> {
  const { path, connections, pipelining } = load
  const fire = (duration: number) => autocannon({ url: `${url}${path}`, connections, pipelining, duration })
  onPhase('warming up')
  await fire(load.warmupSeconds)
  onPhase('measuring')
  const result = await fire(load.seconds)
  onPhase('draining')
  const bad = result.non2xx + result.errors + result.timeouts
  return {
    figures: { perSecond: result['2xx'] / result.duration, p50Ms: result.latency.p50, p99Ms: result.latency.p99 },
    doubts: bad > 0 ? [`${bad} requests without an answer, or with one that is not 2xx`] : [],
  }
}
