import { setTimeout as sleep } from 'node:timers/promises'
import type { Target } from '../../src/load/broadcast.ts'
import { Connection } from '../../src/load/connection.ts'
import { openConnections } from '../../src/load/open-connections.ts'
import { loadDialect } from '../../src/load/dialect.ts'
import { LatencyRecorder } from '../../src/load/latency.ts'
import { FrameTemplate, messageText } from '../../src/load/message.ts'
import { Schedule } from '../../src/load/schedule.ts'
import { takeSnapshot } from '../../src/load/snapshot.ts'
import { ADMIN_TOKEN } from '../peers/drumbeat.ts'
import type { JobResult, OnPhase } from './result.ts'

/** Broadcasts to all connections, some of which read almost nothing. */
export interface SlowLoad {
  readonly connections: number
  readonly slow: number
  readonly rate: number
  readonly messageBytes: number
  readonly seconds: number
}

/** How much a slow connection reads at a time, and how often. */
const SIP_BYTES = 1024
const SIP_MS = 1_000

export async function runSlow(target: Target, load: SlowLoad, onPhase: OnPhase): Promise<JobResult> {
  const dialect = await loadDialect(target.dialect)
  const schedule = new Schedule(load.rate)
  const total = Math.round(load.seconds * load.rate)
  const latency = new LatencyRecorder(schedule, { from: 0, to: total })
  const quick: Connection[] = []
  await openConnections(quick, [0, load.connections - load.slow], (index) => {
    return new Connection({ url: target.url, dialect, index, onEvent: latency.sample(), onRead: latency.onRead })
  })
  const slow: Connection[] = []
  await openConnections(slow, [quick.length, load.connections], (index) => {
    return new Connection({ url: target.url, dialect, index, sipBytes: SIP_BYTES })
  })
  await sleep(1_000)
  const template = new FrameTemplate(dialect.broadcast(messageText(load.messageBytes), undefined), dialect.isBinary)
  onPhase('measuring')
  schedule.startAt(performance.now() + 100)
  const startedMs = performance.now()
  let [slowClosed, slowClosedAfterS] = [0, 0]
  const lookForSlow = async (): Promise<void> => {
    const count = await countSlow(target.url)
    if (count > slowClosed) slowClosedAfterS = (performance.now() - startedMs) / 1000
    slowClosed = count
  }
  const sip = setInterval(() => {
    for (const connection of slow) connection.sip()
    void lookForSlow()
  }, SIP_MS)
  await schedule.run(0, total, (sequence) => quick[0]?.send(template.withSequence(sequence)))
  await schedule.until(total)
  onPhase('draining')
  clearInterval(sip)
  await sleep(2_000)
  const { events, closed } = takeSnapshot(quick)
  const { p50, p99 } = latency.percentilesMs()
  for (const connection of [...quick, ...slow]) connection.end()
  return {
    figures: {
      perSecond: events / load.seconds,
      p50Ms: p50,
      p99Ms: p99,
      lost: total * quick.length - events,
      slowClosed,
      slowClosedAfterS,
    },
    doubts: [...new Set(closed)].map((why) => `closed quick connections: ${why}`),
  }
}

/**
 * How many slow connections Drumbeat has closed, by its own count. A client that reads a kilobyte per second would not notice its
 * end for an hour, because the kernel holds megabytes for it.
 */
async function countSlow(url: string): Promise<number> {
  const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } })
  const counts = (await response.text()).matchAll(/^drumbeat_slow_consumers_total\{.*\} (\d+)/gm)
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0)
}
