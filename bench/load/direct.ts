import { setTimeout as sleep } from 'node:timers/promises'
import type { Target } from '../../src/load/broadcast.ts'
import { Connection } from '../../src/load/connection.ts'
import { openConnections } from '../../src/load/open-connections.ts'
import { loadDialect } from '../../src/load/dialect.ts'
import { LagRecorder, LatencyRecorder } from '../../src/load/latency.ts'
import { FrameTemplate, messageText } from '../../src/load/message.ts'
import { Schedule } from '../../src/load/schedule.ts'
import { takeSnapshot } from '../../src/load/snapshot.ts'
import type { JobResult, OnPhase } from './result.ts'

/** An open loop: message k goes from connection k to the connection half the circle away. */
export interface DirectLoad {
  readonly connections: number
  readonly rate: number
  readonly warmupSeconds: number
  readonly seconds: number
  readonly messageBytes: number
}

const DRAIN_MS = 2_000

export async function runDirect(target: Target, load: DirectLoad, onPhase: OnPhase): Promise<JobResult> {
  const dialect = await loadDialect(target.dialect)
  const schedule = new Schedule(load.rate)
  const from = Math.round(load.warmupSeconds * load.rate)
  const window = { from, to: from + Math.round(load.seconds * load.rate) }
  const latency = new LatencyRecorder(schedule, window)
  const lag = new LagRecorder()
  const n = load.connections
  const half = Math.floor(n / 2)
  const connections: Connection[] = []
  await openConnections(connections, [0, n], (index) => {
    const onEvent = latency.sample((index + n - half) % n, n)
    return new Connection({ url: target.url, dialect, index, onEvent, onRead: latency.onRead })
  })
  const message = messageText(load.messageBytes)
  const templates = connections.map((_, i) => {
    const name = connections[(i + half) % n]?.name ?? ''
    return new FrameTemplate(dialect.direct?.(name, message) ?? '', dialect.isBinary)
  })
  const send = (sequence: number): void => {
    lag.record(performance.now() - schedule.dueMs(sequence))
    connections[sequence % n]?.send((templates[sequence % n] as FrameTemplate).withSequence(sequence))
  }
  await sleep(500)
  onPhase('warming up')
  schedule.startAt(performance.now() + 100)
  await schedule.run(0, window.from, send)
  await schedule.until(window.from)
  onPhase('measuring')
  const before = takeSnapshot(connections)
  await schedule.run(window.from, window.to, send)
  await schedule.until(window.to)
  onPhase('draining')
  const after = takeSnapshot(connections)
  await sleep(DRAIN_MS)
  const { events, closed } = takeSnapshot(connections)
  latency.giveUp(window.to)
  for (const connection of connections) connection.end()
  const { p50, p99 } = latency.percentilesMs()
  const perSecond = ((after.events - before.events) * 1000) / (after.atMs - before.atMs)
  return {
    figures: {
      perSecond,
      p50Ms: p50,
      p99Ms: p99,
      lost: window.to - events,
      sendLagP99Ms: lag.percentilesMs().p99,
      held: perSecond >= load.rate * 0.98 ? 1 : 0,
    },
    doubts: [...new Set(closed)].map((why) => `closed connections: ${why}`),
  }
}
