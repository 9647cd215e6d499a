import type { RoomId } from '../protocol/ids.ts'
import { encodeEvent, type EncodedEvent } from '../protocol/event-body.ts'
import type { CommandCall } from './command.ts'

/** The event that this request makes, in a room where it goes to one. The sender is whom the server knows, whatever the client claims. */
export function toEvent({ connection, request, context, span }: CommandCall, room?: RoomId): EncodedEvent {
  return encodeEvent({
    id: context.random.uuid(),
    eventType: request.eventType,
    namespace: connection.namespace,
    room,
    userId: connection.userId,
    timestamp: context.clock.wallMs(),
    // What a client sent is carried as it is; a trace that begins here is told to those who go on with it.
    traceparent: request.traceparent ?? span?.traceparent,
    payload: request.payload,
  })
}
