import type { Span, Tracer } from '../base/trace.ts'
import type { Request } from '../protocol/envelope.ts'
import type { JsonObject } from '../protocol/events.ts'
import type { Connection } from '../session/connection.ts'
import type { WithState } from '../session/state-reply.ts'

export function startSpan(
  tracer: Tracer,
  connection: Connection,
  { eventType, room, traceparent }: Request,
): Span | undefined {
  const span = tracer.request(eventType, traceparent)
  span?.set({
    'messaging.system': 'drumbeat',
    'messaging.destination.name': room ?? connection.namespace,
    'enduser.id': connection.userId,
    'drumbeat.connection.id': connection.id,
  })
  return span
}

export function replyTraced(
  connection: Connection,
  { id, traceparent }: Request,
  result: JsonObject | WithState,
  span: Span,
): void {
  const step = span.child('reply')
  connection.reply(id, result, traceparent)
  step.end()
  span.end()
}
