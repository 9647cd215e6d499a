import { setTimeout as sleep } from 'node:timers/promises'
import type { Target } from '../../src/load/broadcast.ts'
import { Connection } from '../../src/load/connection.ts'
import { loadDialect } from '../../src/load/dialect.ts'
import type { JobResult, OnPhase } from './result.ts'

/** Opens connections as fast as possible, with so many handshakes under way at once. */
export interface StormLoad {
  readonly connections: number
  readonly underWay: number
  readonly warmupConnections: number
}

export async function runStorm(target: Target, load: StormLoad, onPhase: OnPhase): Promise<JobResult> {
  const dialect = await loadDialect(target.dialect)
  const connections: Connection[] = []
  const refused: string[] = []
  const openAll = async (count: number): Promise<void> => {
    let left = count
    const openSome = async (): Promise<void> => {
      while (left-- > 0) {
        const connection = new Connection({ url: target.url, dialect, index: connections.length })
        connections.push(connection)
        await connection.ready().catch((error: unknown) => refused.push(String(error)))
      }
    }
    await Promise.all(Array.from({ length: load.underWay }, openSome))
  }
  onPhase('warming up')
  await openAll(load.warmupConnections)
  await sleep(1_000)
  onPhase('measuring')
  const startedMs = performance.now()
  await openAll(load.connections)
  const seconds = (performance.now() - startedMs) / 1000
  onPhase('draining')
  for (const connection of connections) connection.end()
  return {
    figures: { perSecond: load.connections / seconds, refused: refused.length },
    doubts: [...new Set(refused)].slice(0, 3).map((why) => `refused: ${why}`),
  }
}
