import { toError } from '../base/assert.ts'
import type { Health } from '../setup/service-reports.ts'
import { StoreUnavailable } from '../store/store.ts'
import type { Node } from './node.ts'

/**
 * How this node is, for whoever could start it anew. An etcd that does not answer is not its fault: connections stay through that, and
 * a node that is started anew would only have lost them. Settles when the store has.
 */
export async function readHealth(node: Node): Promise<Health> {
  const { context, supervisor, isDraining } = node
  const { missing, of, fault: workersFault } = supervisor().health
  const { trouble, isFault } = await readTrouble(node)
  const fault = isDraining ? undefined : (workersFault ?? (isFault ? trouble : undefined))
  const said = [
    `${context.presence.countHere} connections, ${of - missing} of ${of} workers`,
    isDraining ? 'draining' : undefined,
    workersFault,
    trouble,
  ]
  return { status: said.filter((part) => part !== undefined).join('; '), fault }
}

async function readTrouble({ context }: Node): Promise<{ trouble: string | undefined; isFault: boolean }> {
  try {
    await context.store.get(['meta/ready'])
    return { trouble: undefined, isFault: false }
  } catch (cause) {
    const isElsewhere = cause instanceof StoreUnavailable && context.settings.ETCD_ENDPOINTS.length > 0
    return { trouble: `the store cannot be read: ${toError(cause).message}`, isFault: !isElsewhere }
  }
}
