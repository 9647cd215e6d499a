import type { Namespace } from '../protocol/ids.ts'
import { TRANSPORTS } from '../session/socket.ts'
import type { WorkerContext } from './context.ts'
import type { RealTime } from './real-time.ts'

type Counted = readonly (readonly [{ readonly namespace: string; readonly transport: string }, number])[]

/** How many bytes unfinished request bodies take, for each interface. */
type Bodies = Readonly<Record<'rest' | 'socketio', { readonly taken: number }>>

/** Collects the metrics of a worker that are read on demand. */
export function readMetricsOf({ metrics, link, namespaces }: WorkerContext, realTime: RealTime, bodies: Bodies): void {
  const { sessions, fanout, traffic } = realTime
  const label = { process: metrics.process }
  metrics.readWhenAsked('connections', () => countConnections(Object.values(namespaces), sessions))
  metrics.readWhenAsked('receivedBytes', () => traffic.receivedBytes)
  metrics.readWhenAsked('sentBytes', () => traffic.sentBytes)
  metrics.readWhenAsked('eventsIn', () =>
    Array.from(traffic.requests, ([event_type, count]) => [{ event_type }, count]),
  )
  metrics.readWhenAsked('slowReaders', () => fanout.laggards)
  metrics.readWhenAsked('requestsUnderWay', () => [[label, link.callsUnderWay]])
  metrics.readWhenAsked('linkQueueBytes', () => [[label, link.queuedBytes]])
  metrics.readWhenAsked('httpBodyBytes', () =>
    Object.entries(bodies).map(([name, { taken }]) => [{ ...label, interface: name }, taken]),
  )
}

function countConnections(namespaces: readonly Namespace[], { all }: RealTime['sessions']): Counted {
  const counts = new Map<string, number>(
    namespaces.flatMap((namespace) => TRANSPORTS.map((transport) => [`${namespace} ${transport}`, 0] as const)),
  )
  for (const { isOpen, namespace, socket } of all.values()) {
    const key = `${namespace} ${socket.transport}`
    if (isOpen) counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return Array.from(counts, ([key, count]) => {
    const [namespace = '', transport = ''] = key.split(' ')
    return [{ namespace, transport }, count] as const
  })
}
