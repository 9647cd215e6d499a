import { toError } from '../base/assert.ts'
import type { Health } from '../setup/service-reports.ts'
import { StoreUnavailable } from '../store/store.ts'

export interface HealthOptions {
  /** Rejects where the store cannot be read. */
  readonly readStore: () => Promise<unknown>
  /** Whether the store is this node's own, and not one of a cluster. */
  readonly isStoreOwn: boolean
  readonly connections: number
  /** How many do not serve, of how many, and what is wrong with them. */
  readonly workers: Processes
  readonly hosts: Processes
  readonly draining: boolean
}

interface Processes {
  readonly missing: number
  readonly of: number
  readonly fault: string | undefined
}

/**
 * How this node is, for whoever could start it anew. An etcd that does not answer is not its fault: connections stay through that, and
 * a node that is started anew would only have lost them. Settles when the store has.
 */
export async function readHealth({ readStore, isStoreOwn, ...options }: HealthOptions): Promise<Health> {
  const { connections, workers, hosts, draining } = options
  const failed = await readStore().then(() => undefined, toError)
  const trouble = failed && `the store cannot be read: ${failed.message}`
  const isStoreFault = isStoreOwn || !(failed instanceof StoreUnavailable)
  const said = [
    `${connections} connections, ${workers.of - workers.missing} of ${workers.of} workers`,
    hosts.of === 0 ? undefined : `${hosts.of - hosts.missing} of ${hosts.of} hosts of games`,
    draining ? 'draining' : undefined,
    workers.fault,
    hosts.fault,
    trouble,
  ]
  const fault = workers.fault ?? hosts.fault ?? (isStoreFault ? trouble : undefined)
  return { status: said.filter((part) => part !== undefined).join('; '), fault: draining ? undefined : fault }
}
