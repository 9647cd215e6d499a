import type { RoomId } from '../protocol/ids.ts'
import { encodeEvent, type EncodedEvent } from '../protocol/event-body.ts'
import type { CommandCall } from './command.ts'

/**
 * Makes the event of this request. The sender is the user whom the server knows, whatever the client claims.
 * @param room the room that the event goes to, if it goes to one
 */
export function toEvent({ connection, request, context, span }: CommandCall, room?: RoomId): EncodedEvent {
  return encodeEvent({
    id: context.random.uuid(),
    eventType: request.eventType,
    namespace: connection.namespace,
    room,
    userId: connection.userId,
    timestamp: context.clock.wallMs(),
    // The trace of the client is carried on. A trace that begins here is told to those who get the event.
    traceparent: request.traceparent ?? span?.traceparent,
    payload: request.payload,
  })
}
