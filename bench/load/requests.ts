import { createHistogram } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Target } from '../../src/load/broadcast.ts'
import { Connection } from '../../src/load/connection.ts'
import { loadDialect } from '../../src/load/dialect.ts'
import { openConnections } from '../../src/load/open-connections.ts'
import { dataFrame } from '../../src/load/message.ts'
import type { JobResult, OnPhase } from './result.ts'

/** A closed loop: each connection has so many requests under way, and sends the next one when a reply comes. */
export interface RequestLoad {
  readonly connections: number
  readonly underWay: number
  readonly warmupSeconds: number
  readonly seconds: number
}

export async function runRequests(target: Target, load: RequestLoad, onPhase: OnPhase): Promise<JobResult> {
  const dialect = await loadDialect(target.dialect)
  const request = dataFrame(dialect.ping ?? '', dialect.isBinary)
  const requests = Array.from({ length: load.underWay }, (_, n) =>
    Buffer.concat(Array.from({ length: n + 1 }, () => request)),
  )
  const histogram = createHistogram()
  const connections: Connection[] = []
  let isMeasuring = false
  let [replies, nowMs, isOver] = [0, 0, false]

  await openConnections(connections, [0, load.connections], (index) => {
    /** When each request under way was sent. Replies come in the same order. */
    const sentMs: number[] = []
    let came = 0
    const connection = new Connection({
      url: target.url,
      dialect,
      index,
      onRead: () => {
        nowMs = performance.now()
        came = 0
        // Runs after all frames of this read, so that the requests that follow from them are sent together.
        queueMicrotask(() => {
          const frames = requests[came - 1]
          if (!frames || isOver) return
          for (let i = 0; i < came; i++) sentMs.push(nowMs)
          connection.send(frames)
        })
      },
      onEvent: () => {
        came++
        if (!isMeasuring) return void sentMs.shift()
        replies++
        histogram.record(Math.max(1, Math.round((nowMs - (sentMs.shift() ?? nowMs)) * 1000)))
      },
    })
    return connection
  })
  await sleep(500)
  onPhase('warming up')
  for (const connection of connections) {
    connection.counter.countsAll = true
    connection.send(requests.at(-1) ?? request)
  }
  await sleep(load.warmupSeconds * 1000)
  onPhase('measuring')
  isMeasuring = true
  const startedMs = performance.now()
  await sleep(load.seconds * 1000)
  onPhase('draining')
  isMeasuring = false
  const seconds = (performance.now() - startedMs) / 1000
  isOver = true
  const doubts = [...new Set(connections.flatMap(({ closed }) => closed ?? []))].map(
    (why) => `closed connections: ${why}`,
  )
  for (const connection of connections) connection.end()
  return {
    figures: {
      perSecond: replies / seconds,
      p50Ms: histogram.percentile(50) / 1000,
      p99Ms: histogram.percentile(99) / 1000,
    },
    doubts,
  }
}
