import { isObject } from '../../protocol/envelope.ts'
import { EVENT } from '../../protocol/events.ts'

/** Events whose payload may name a room, as there is no place for it beside the payload. */
const ROOM_EVENTS: ReadonlySet<string> = new Set([EVENT.broadcast, EVENT.roomInput])

/**
 * What was emitted as the frame that another client would have sent, so that it is judged like one. What cannot be said in
 * one (bytes, more arguments than the payload, more levels than the stack) becomes a payload that is none, and is refused as that.
 */
export function encodeRequest(eventType: string, args: readonly unknown[], id: string | undefined): Uint8Array {
  try {
    return Buffer.from(JSON.stringify(toEnvelope(eventType, args, id)))
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return Buffer.from(JSON.stringify({ id, eventType, payload: null }))
  }
}

function toEnvelope(eventType: string, args: readonly unknown[], id: string | undefined): object {
  const given = args.length === 0 ? {} : args[0]
  const payload = args.length > 1 || holdsBytes(given) ? null : given
  if (!ROOM_EVENTS.has(eventType) || !isObject(payload) || payload['room'] === undefined)
    return { id, eventType, payload }
  const { room, ...rest } = payload
  return { id, eventType, room, payload: rest }
}

/** Socket.IO takes bytes out of an event and puts them back as Buffers, at any depth. */
function holdsBytes(value: unknown): boolean {
  if (ArrayBuffer.isView(value)) return true
  if (Array.isArray(value)) return value.some(holdsBytes)
  return isObject(value) && Object.values(value).some(holdsBytes)
}
