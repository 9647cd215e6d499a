import type { Span, Tracer } from '../base/trace.ts'
import { parseJson } from '../protocol/codec.ts'
import type { PlacedEvent } from '../protocol/placed-event.ts'

/** Returns undefined if the event belongs to no traced request. Only the text of traced events is parsed. */
export function startDelivery(tracer: Tracer, event: PlacedEvent, connections: number): Span | undefined {
  if (!event.isTraced) return undefined
  const { traceparent, eventType, id } = parseJson(event.frame) as Readonly<Record<string, unknown>>
  if (typeof traceparent !== 'string') return undefined
  const span = tracer.follow(`deliver ${String(eventType)}`, 'consumer', traceparent)
  span?.set({
    'messaging.system': 'drumbeat',
    'messaging.destination.name': event.channel,
    'messaging.message.id': String(id),
    'drumbeat.offset': event.offset,
    'drumbeat.connections': connections,
  })
  return span
}
