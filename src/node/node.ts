import type { Config } from '../config/load.ts'
import { encodeConfig } from '../config/wire.ts'
import type { HostWelcome } from '../link/methods/host.ts'
import type { TokenKey, WorkerWelcome } from '../link/methods/worker.ts'
import { LINK_VERSION } from '../link/version.ts'
import type { Canary } from './canary.ts'
import type { PrimaryContext } from './context.ts'
import type { Health } from '../setup/service-reports.ts'
import { readHealth } from './health.ts'
import type { GatheredMetrics, MetricsSource } from './gather-metrics.ts'
import type { LogLevels } from './log-levels.ts'
import type { MemoryWatch } from './memory-watch.ts'
import type { Supervision } from '../processes/supervisor.ts'
import type { HostLinks } from '../processes/hosts.ts'
import type { WorkerLinks } from '../processes/workers.ts'
import type { createMisfitLog } from './misfits.ts'
import type { Reload } from './reload.ts'
import type { TokenKeys } from './token-keys.ts'

/** What answers workers. */
export interface Node {
  readonly context: PrimaryContext
  readonly reload: Reload
  readonly tokenKeys: TokenKeys
  readonly workers: WorkerLinks
  readonly supervisor: Pick<Supervision, 'health' | 'stop'>
  readonly hosts: HostLinks
  readonly hostSupervisor: Pick<Supervision, 'health' | 'roll' | 'stop'>
  /** Why the store takes no writes; undefined: it does. */
  readonly readStoreFault: () => Promise<string | undefined>
  readonly logLevels: LogLevels
  readonly gathered: GatheredMetrics
  readonly memory: MemoryWatch
  readonly canary: Canary
  /** A worker could not serve a client. */
  readonly noteMisfit: ReturnType<typeof createMisfitLog>
  isDraining: boolean
}

/** Whose metrics are the node's beside those of this process. */
export function sourcesOf({ workers, hosts }: Pick<Node, 'workers' | 'hosts'>): readonly MetricsSource[] {
  const ofHosts = hosts.listening.map(({ id, link }) => ({ id: hostSource(id), link }))
  return [...workers.listening, ...ofHosts]
}

/** Workers are numbered, too. */
export function hostSource(host: number): string {
  return `host ${host}`
}

/** For a service manager. */
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
