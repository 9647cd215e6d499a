import { isObject } from '../../protocol/envelope.ts'
import { badRequest, type Refusal } from '../../protocol/errors.ts'
import { requestsWhere } from '../../protocol/event-facts.ts'
import { refusalOfValue, type ValueLimits } from '../../protocol/value.ts'
import type { Incoming } from '../../session/connection.ts'

/** Events whose payload may name a room, because a Socket.IO event has no other place for it. */
const ROOM_EVENTS = requestsWhere(({ speaks }) => speaks === true)

/**
 * Turns an emitted event into the frame that another client would have sent, so that it is judged in the same way. What JSON
 * would change or cannot express (bytes, 1e400, more levels than the stack) is refused here, with its path. Then the frame only
 * says which request it was.
 */
export function encodeRequest(
  eventType: string,
  args: readonly unknown[],
  id: string | undefined,
  limits: ValueLimits,
): Incoming {
  const payload = args.length === 0 ? {} : args[0]
  const envelope = toEnvelope(eventType, payload, id)
  // The payload is checked as it was emitted, so that an error in a room names the place where the client put it.
  const refusal = refusalOfArguments(args) ?? refusalOfValue({ payload }, limits)
  const said = refusal ? { id, eventType, payload: null } : envelope
  return { bytes: Buffer.from(JSON.stringify(said)), refusal }
}

function refusalOfArguments({ length }: readonly unknown[]): Refusal | undefined {
  if (length <= 1) return undefined
  return badRequest('payload', 'must be the only argument, apart from an acknowledgement after it')
}

function toEnvelope(eventType: string, payload: unknown, id: string | undefined): object {
  if (!ROOM_EVENTS.has(eventType) || !isObject(payload) || payload['room'] === undefined)
    return { id, eventType, payload }
  const { room, ...rest } = payload
  return { id, eventType, room, payload: rest }
}
