import { CallTurns } from '../link/call-turns.ts'
import { Link, type Invocation } from '../link/link.ts'
import type { PrimaryMethods } from '../link/methods/primary.ts'
import type { WorkerMethods, WorkerWelcome } from '../link/methods/worker.ts'
import type { Full } from '../connections/limits.ts'
import type { Traces } from '../base/trace.ts'
import type { WorkerLife, WorkerLink, WorkerLinks } from '../processes/workers.ts'
import type { Deliveries } from './deliveries.ts'
import { primaryMethods } from './methods/primary.ts'
import type { Node } from './node.ts'

export interface WorkerLifeOptions {
  readonly node: Node
  readonly deliveries: Deliveries
  /** The traces of this process, for calls of workers. */
  readonly traces: Traces
  readonly welcomeOf: (worker: number) => WorkerWelcome
}

/** Creates the callbacks for workers that start or have ended. */
export function createWorkerLife({ node, deliveries, traces, welcomeOf }: WorkerLifeOptions): WorkerLife {
  const { clock, settings } = node.context
  const turns = new CallTurns<Invocation>({ clock, sliceMs: settings.CALL_SLICE })
  const connect: WorkerLife['connect'] = ({ id, stream, onListening, onClose }) => {
    const link: WorkerLink = new Link<PrimaryMethods, WorkerMethods>({
      stream,
      turns,
      queueBytesMax: settings.LINK_QUEUE_BYTES,
      before: (method) => deliveries.before(id, method),
      traces,
      handlers: { ...primaryMethods(node, id), listening: onListening },
      onClose,
    })
    tellFirst(node, link, welcomeOf(id))
    return link
  }
  return { connect, gone: (worker) => workerGone(node, deliveries, worker) }
}

/** Tells a worker what it has to know before it accepts connections. */
function tellFirst({ context, tokenKeys, logLevels, memory }: Node, link: WorkerLink, welcome: WorkerWelcome): void {
  link.tell('welcome', welcome)
  logLevels.tell(link)
  if (memory.state !== 'enough') link.tell('memoryShort', { short: true })
  if (context.historyFloor.price > 1) link.tell('logPrice', { price: context.historyFloor.price })
  const { addresses, namespaces } = context.limits.full()
  for (const addressKey of addresses) link.tell('addressFull', { addressKey, full: true })
  for (const namespace of namespaces) link.tell('namespaceFull', { namespace, full: true })
  if (tokenKeys.current) link.tell('jwks', { keys: tokenKeys.current })
}

/** Tells the workers that an address or a namespace has become full, or is no longer full. */
export function tellFull(workers: Pick<WorkerLinks, 'tellAll'>, what: Full, full: boolean): void {
  if ('address' in what) workers.tellAll('addressFull', { addressKey: what.address, full })
  else workers.tellAll('namespaceFull', { namespace: what.namespace, full })
}

/** Forgets the connections of a worker that has ended, and tells the other workers, which may wait for its answers. */
function workerGone({ context, gathered, workers }: Node, deliveries: Deliveries, worker: number): void {
  context.connections.workerGone(worker)
  deliveries.forget(worker)
  gathered.gone(worker)
  workers.tellAll('workerGone', { worker })
}
