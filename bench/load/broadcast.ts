import { runBroadcast, type Load, type Target } from '../../src/load/broadcast.ts'
import type { JobResult, OnPhase } from './result.ts'

/**
 * A server has fallen behind if it holds less than this share of the rate, or if more than this is still under way at the end.
 */
const HELD_SHARE = 0.98
const BACKLOG_SECONDS_MAX = 0.25

/** See `src/load/broadcast.ts`. */
export async function runBroadcastJob(target: Target, load: Load, onPhase: OnPhase): Promise<JobResult> {
  const result = await runBroadcast(target, load, { onPhase })
  const asked = (load.rate * load.connections) / Math.max(1, load.rooms)
  const share = result.deliveriesPerSecond / asked
  const figures = {
    perSecond: result.deliveriesPerSecond,
    rate: load.rate * share,
    held: share >= HELD_SHARE && result.backlogSeconds <= BACKLOG_SECONDS_MAX ? 1 : 0,
    p50Ms: result.latencyMs.p50,
    p99Ms: result.latencyMs.p99,
    frameBytes: result.frameBytes,
    lost: result.expected - result.received,
    sendLagP99Ms: result.sendLagMs.p99,
  }
  const doubts = [...new Set(result.closed)].map((why) => `closed connections: ${why}`)
  for (const complaint of result.complaints) doubts.push(`the server complained: ${complaint}`)
  if (result.disorder > 0) doubts.push(`${result.disorder} events out of order or twice`)
  return { figures, doubts }
}
