import { SERVER_EVENT } from '../../protocol/events.ts'
import { eventTypeOf } from '../../protocol/placed-event.ts'
import type { SentEvent } from '../../session/socket.ts'

/** Socket.IO's packet type EVENT in the namespace `/`. */
const EVENT = '2'

/** The packet of an event that is not in the log. */
export function eventPacket(name: string, argument: object): string {
  return `${EVENT}${JSON.stringify([name, argument])}`
}

/**
 * The packet of an event of the log, made from its JSON frame. If an epoch is given, the event has a second argument, the cursor:
 * socket.io-client keeps the last argument, and sends it back when it wants to be recovered.
 */
export function framePacket(frame: Uint8Array, { kind, offset }: SentEvent, epoch: string | undefined): string {
  const text = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength).toString()
  const cursor = epoch === undefined ? '' : `,"${epoch}:${offset}"`
  return `${EVENT}[${JSON.stringify(eventTypeOf(kind, frame))},${text}${cursor}]`
}

/** The packet of a patch of a room's game, made from its JSON frame. */
export function patchPacket(frame: Uint8Array): string {
  const text = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength).toString()
  return `${EVENT}["${SERVER_EVENT.patch}",${text}]`
}

/** The packet of an event that tells the client its cursor, as the first event of a connection does. */
export function cursorPacket(name: string, argument: object, epoch: string, offset: number): string {
  return `${EVENT}${JSON.stringify([name, argument, `${epoch}:${offset}`])}`
}
