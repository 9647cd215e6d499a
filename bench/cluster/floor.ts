import { createHistogram } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { Connection } from '../../src/load/connection.ts'
import { FrameTemplate, messageText } from '../../src/load/message.ts'
import { Schedule } from '../../src/load/schedule.ts'
import { Owned } from '../owned.ts'
import { bareDialect, ownServer, type Peer } from '../peers/peer.ts'
import { startServer } from '../server.ts'
import type { ClusterLoad } from './trial.ts'

export interface FloorTrial {
  readonly rate: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** The share of messages that had arrived by the end, without waiting for the rest. */
  readonly deliveredShare: number
}

const SERVERS = 6
const COPIES = 6
/** The size of an event of 112 bytes as Drumbeat delivers it, with its envelope. */
const FRAME_BYTES = 230

const echo: Peer = {
  name: 'echo-six',
  title: 'no log at all',
  packages: ['uWebSockets.js'],
  server: () => ownServer('echo-six'),
  dialect: bareDialect(() => '/'),
}

/**
 * The most that this machine and this generator can do: six processes with a connection each, as many frames in and out as three
 * nodes of two workers have, and nothing in between. No log can be faster.
 */
export async function runFloor({ rate, warmupSeconds, seconds }: Omit<ClusterLoad, 'nodes'>): Promise<FloorTrial> {
  const owned = new Owned()
  try {
    const schedule = new Schedule(rate)
    const histogram = createHistogram()
    const [from, to] = [warmupSeconds * rate, (warmupSeconds + seconds) * rate]
    let nowMs = 0
    const onEvent = (sequence: number) => {
      if (sequence >= from) histogram.record(Math.max(1, Math.round((nowMs - schedule.dueMs(sequence)) * 1000)))
    }
    const onRead = () => void (nowMs = performance.now())
    const connections: Connection[] = []
    for (let i = 0; i < SERVERS; i++) {
      const server = await startServer(echo)
      owned.teardown(() => server.stop())
      const connection = new Connection({ url: server.url, dialect: echo.dialect, onEvent, onRead })
      owned.teardown(() => connection.end())
      await connection.ready()
      connections.push(connection)
    }
    const template = new FrameTemplate(messageText(FRAME_BYTES))
    schedule.startAt(performance.now() + 100)
    await schedule.run(0, to, (sequence) => connections[sequence % SERVERS]?.send(template.withSequence(sequence)))
    await schedule.until(to)
    const received = connections.reduce((sum, { counter }) => sum + counter.events, 0)
    await sleep(1_000)
    const [p50Ms, p99Ms] = [histogram.percentile(50) / 1000, histogram.percentile(99) / 1000]
    return { rate, p50Ms, p99Ms, deliveredShare: received / (to * COPIES) }
  } finally {
    await owned.end()
  }
}
