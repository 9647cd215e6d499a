import type { Config } from '../config/load.ts'
import { encodeConfig } from '../config/wire.ts'
import type { Handlers } from '../link/link.ts'
import type { PrimaryMethods } from '../link/methods/primary.ts'
import type { RelayMessage } from '../link/methods/relay.ts'
import type { TokenKey, WorkerWelcome } from '../link/methods/worker.ts'
import { LINK_VERSION } from '../link/version.ts'
import { answerWith } from './answer.ts'
import { adminMethods } from './admin-methods.ts'
import type { Canary } from './canary.ts'
import type { PrimaryContext } from './context.ts'
import { eventMethods } from './event-methods.ts'
import type { Health } from '../setup/service-reports.ts'
import { readHealth } from './health.ts'
import type { GatheredMetrics } from './gather-metrics.ts'
import type { LogLevels } from './log-levels.ts'
import type { MemoryWatch } from './memory-watch.ts'
import type { Supervisor } from '../processes/supervisor.ts'
import type { WorkerLinks } from '../processes/workers.ts'
import type { createMisfitLog } from './misfits.ts'
import { readParts } from './readiness.ts'
import type { Reload } from './reload.ts'
import { sessionMethods } from './session-methods.ts'
import type { TokenKeys } from './token-keys.ts'

/** What answers workers. */
export interface Node {
  readonly context: PrimaryContext
  readonly reload: Reload
  readonly tokenKeys: TokenKeys
  readonly workers: WorkerLinks
  readonly supervisor: Pick<Supervisor, 'health' | 'stop'>
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

/** The methods of the primary, for one worker. */
export function primaryMethods(node: Node, worker: number): Omit<Handlers<PrimaryMethods>, 'listening'> {
  const { context, tokenKeys, workers } = node
  return {
    ...sessionMethods(context, worker),
    ...eventMethods(context),
    ...adminMethods(context),
    reload: (_args, reply) => reply(node.reload.start()),
    relay: ({ to, message }) => relay(workers, { from: worker, to, message }),
    logLevel: ({ part, level, forMs }, reply) => reply({ until: node.logLevels.set(part, level, forMs) }),
    unknownKey: () => tokenKeys.noteUnknownKid(),
    misfit: (misfit) => node.noteMisfit(misfit),
    ready: (_args, reply) => answerWith(readyParts(node), reply),
    metrics: (_args, reply) => answerWith(node.gathered.read(workers.listening), reply),
  }
}

/** To one that is gone, the word that it is comes back. */
function relay(
  workers: WorkerLinks,
  { from, to, message }: { readonly from: number; readonly to: number; readonly message: RelayMessage },
): void {
  if (workers.linkOf(to)) workers.tell(to, 'relay', { from, message })
  else workers.tell(from, 'relay', { from: to, message: { kind: 'absent', id: message.id } })
}

async function readyParts(node: Node) {
  const { context, tokenKeys } = node
  const parts = await readParts({
    readStore: () => context.store.get(['meta/ready']),
    readStoreFault: node.readStoreFault,
    nodes: () => context.cluster.nodes,
    clusterFault: () => context.cluster.fault,
    workersListening: () => node.workers.listening.length,
    workersWanted: context.settings.WORKERS,
    head: () => context.hub.head,
    draining: () => node.isDraining,
    keysReady: () => tokenKeys.ready,
    memory: () => node.memory.part,
    canary: () => node.canary.ask(),
  })
  return { parts }
}

/** For a service manager. */
export function healthOf(node: Node): Promise<Health> {
  const { store, settings, presence } = node.context
  return readHealth({
    readStore: () => store.get(['meta/ready']),
    isStoreOwn: settings.ETCD_ENDPOINTS.length === 0,
    connections: presence.countHere,
    workers: node.supervisor.health,
    draining: node.isDraining,
  })
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
