import { isObject } from '../../protocol/envelope.ts'
import { badRequest, type Refusal } from '../../protocol/errors.ts'
import { requestsWhere } from '../../protocol/event-facts.ts'
import { refusalOfValue, type ValueLimits } from '../../protocol/value.ts'
import type { Incoming } from '../../session/connection.ts'

/** Events whose payload may name a room, as there is no place for it beside the payload. */
const ROOM_EVENTS = requestsWhere(({ speaks }) => speaks === true)

/**
 * What was emitted as the frame that another client would have sent, so that it is judged like one. What JSON would change or cannot
 * say (bytes, 1e400, more levels than the stack) is refused here, with its path: the frame then only says which request it was.
 */
export function encodeRequest(
  eventType: string,
  args: readonly unknown[],
  id: string | undefined,
  limits: ValueLimits,
): Incoming {
  const payload = args.length === 0 ? {} : args[0]
  const envelope = toEnvelope(eventType, payload, id)
  // The payload as it was emitted: a room that is wrong is named where the client has put it.
  const refusal = refusalOfArguments(args) ?? refusalOfValue({ payload }, limits)
  const said = refusal ? { id, eventType, payload: null } : envelope
  return { bytes: Buffer.from(JSON.stringify(said)), refusal }
}

function refusalOfArguments({ length }: readonly unknown[]): Refusal | undefined {
  if (length <= 1) return undefined
  return badRequest('payload', 'must be the only argument, with nothing but an acknowledgement behind it')
}

function toEnvelope(eventType: string, payload: unknown, id: string | undefined): object {
  if (!ROOM_EVENTS.has(eventType) || !isObject(payload) || payload['room'] === undefined)
    return { id, eventType, payload }
  const { room, ...rest } = payload
  return { id, eventType, room, payload: rest }
}
