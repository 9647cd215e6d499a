import type { Config } from '../config/load.ts'
import { encodeConfig } from '../config/wire.ts'
import type { HostWelcome } from '../link/methods/host.ts'
import type { TokenKey, WorkerWelcome } from '../link/methods/worker.ts'
import { LINK_VERSION } from '../link/version.ts'
import type { Canary } from './canary.ts'
import type { PrimaryContext } from './context.ts'
import type { Health } from '../setup/service-reports.ts'
import { readHealth } from './health.ts'
import type { GameSwap } from './game-swap.ts'
import type { GatheredMetrics, MetricsSource } from './gather-metrics.ts'
import type { LogLevels } from './log-levels.ts'
import type { MemoryWatch } from './memory-watch.ts'
import type { Supervision } from '../processes/supervisor.ts'
import type { HostLinks } from '../processes/hosts.ts'
import type { WorkerLinks } from '../processes/workers.ts'
import type { createMisfitLog } from './misfits.ts'
import type { Reload } from './reload.ts'
import type { TokenKeys } from './token-keys.ts'

/** A running node: everything that the primary needs to answer its workers. */
export interface Node {
  readonly context: PrimaryContext
  readonly reload: Reload
  readonly gameSwap: GameSwap
  readonly tokenKeys: TokenKeys
  readonly workers: WorkerLinks
  readonly supervisor: Pick<Supervision, 'health' | 'stop'>
  readonly hosts: HostLinks
  readonly hostSupervisor: Pick<Supervision, 'health' | 'roll' | 'stop'>
  /** Resolves to why the store accepts no writes, or to undefined if it does. */
  readonly readStoreFault: () => Promise<string | undefined>
  readonly logLevels: LogLevels
  readonly gathered: GatheredMetrics
  readonly memory: MemoryWatch
  readonly canary: Canary
  /** Logs a client that a worker could not serve. */
  readonly noteMisfit: ReturnType<typeof createMisfitLog>
  isDraining: boolean
}

/** Returns the processes whose metrics are part of the node's, besides this process. */
export function sourcesOf({ workers, hosts }: Pick<Node, 'workers' | 'hosts'>): readonly MetricsSource[] {
  const ofHosts = hosts.listening.map(({ id, link }) => ({ id: hostSource(id), link }))
  return [...workers.listening, ...ofHosts]
}

/** Names a host among the sources of metrics. Workers have plain numbers there. */
export function hostSource(host: number): string {
  return `host ${host}`
}

export function healthOf(node: Node): Promise<Health> {
  const { store, settings, registry } = node.context
  return readHealth({
    readStore: () => store.get(['meta/ready']),
    isStoreOwn: settings.ETCD_ENDPOINTS.length === 0,
    connections: registry.countHere,
    workers: node.supervisor.health,
    hosts: node.hostSupervisor.health,
    draining: node.isDraining,
  })
}

export function createHostWelcome(options: {
  readonly host: number
  readonly config: Config
  readonly clockOriginMs: number
}): HostWelcome {
  return { ...options, linkVersion: LINK_VERSION, config: encodeConfig(options.config) }
}

export function createWelcome(options: {
  readonly worker: number
  readonly config: Config
  readonly port: number
  readonly adminPort: number | null
  readonly tokenKey: TokenKey
  readonly adminToken: string
  readonly resumeSecret: Uint8Array
}): WorkerWelcome {
  return { ...options, linkVersion: LINK_VERSION, config: encodeConfig(options.config) }
}
