import { toError } from '../base/assert.ts'
import type { Health } from '../setup/service-reports.ts'
import { StoreUnavailable } from '../store/store.ts'

export interface HealthOptions {
  /** Rejects if the store cannot be read. */
  readonly readStore: () => Promise<unknown>
  /** Whether the store belongs to this node alone, and not to a cluster. */
  readonly isStoreOwn: boolean
  readonly connections: number
  /** How many processes do not serve, of how many, and what is wrong with them. */
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
 * Reads the health of this node for a service manager, which may restart it. An etcd that does not answer is not a fault of the
 * node: its connections outlast that, and a restart would only lose them. Resolves when the store has answered.
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
