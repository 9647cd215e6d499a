import { setTimeout as sleep } from 'node:timers/promises'
import type { Target } from '../../src/load/broadcast.ts'
import { Connection } from '../../src/load/connection.ts'
import { openConnections } from '../../src/load/open-connections.ts'
import { loadDialect } from '../../src/load/dialect.ts'
import { takeSnapshot } from '../../src/load/snapshot.ts'
import type { JobResult, OnPhase } from './result.ts'

/** Idle connections, each in its namespace and in one of the rooms. */
export interface IdleLoad {
  readonly connections: number
  readonly rooms: number
  /** A few connections are opened first. What they cost counts as the server's memory, not as theirs. */
  readonly warmupConnections: number
  readonly settleSeconds: number
}

export async function runIdle(target: Target, load: IdleLoad, onPhase: OnPhase): Promise<JobResult> {
  const dialect = await loadDialect(target.dialect)
  const open = (index: number) => new Connection({ url: target.url, dialect, index, room: index % load.rooms })
  const first: Connection[] = []
  await openConnections(first, [load.connections, load.connections + load.warmupConnections], open)
  for (const connection of first) connection.end()
  await sleep(load.settleSeconds * 1000)
  onPhase('measuring')
  const connections: Connection[] = []
  await openConnections(connections, [0, load.connections], open)
  await sleep(load.settleSeconds * 1000)
  onPhase('draining')
  await sleep(200)
  const { closed } = takeSnapshot(connections)
  for (const connection of connections) connection.end()
  return {
    figures: { perSecond: 0, connections: load.connections - closed.length },
    doubts: [...new Set(closed)].map((why) => `closed connections: ${why}`),
  }
}
