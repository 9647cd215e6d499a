import type { Handlers } from '../../link/link.ts'
import type { RelayMessage, RelayMethods } from '../../link/methods/relay.ts'
import type { WorkerLinks } from '../../processes/workers.ts'

export function relayMethods(workers: WorkerLinks, worker: number): Handlers<RelayMethods> {
  return { relay: ({ to, message }) => relay(workers, { from: worker, to, message }) }
}

/** Passes a message on to another worker. If that worker is gone, the sender gets `absent` instead. */
function relay(
  workers: WorkerLinks,
  { from, to, message }: { readonly from: number; readonly to: number; readonly message: RelayMessage },
): void {
  if (workers.linkOf(to)) workers.tell(to, 'relay', { from, message })
  else workers.tell(from, 'relay', { from: to, message: { kind: 'absent', id: message.id } })
}
