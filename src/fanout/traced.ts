import type { Span, Tracer } from '../base/trace.ts'
import type { Channel } from '../protocol/ids.ts'

/**
 * What stands before the payload holds names of A-Z a-z 0-9 . _ - @ only, so this is first found where the envelope's payload begins. Every
 * event is written with its `traceparent`, where it has one, right before it; else there is the digit of a timestamp.
 */
const PAYLOAD = ',"payload":'
const QUOTE = 0x22

/** undefined: the event is of no request that is traced. */
export function startDelivery(
  tracer: Tracer,
  channel: Channel,
  frame: Uint8Array,
  connections: number,
): Span | undefined {
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength)
  const end = bytes.indexOf(PAYLOAD)
  if (bytes[end - 1] !== QUOTE) return undefined
  const { traceparent, eventType, id, offset } = JSON.parse(`${bytes.toString('latin1', 0, end)}}`) as Readonly<
    Record<string, unknown>
  >
  if (typeof traceparent !== 'string') return undefined
  const span = tracer.follow(`deliver ${String(eventType)}`, 'consumer', traceparent)
  span?.set({
    'messaging.system': 'drumbeat',
    'messaging.destination.name': channel,
    'messaging.message.id': String(id),
    'drumbeat.offset': Number(offset),
    'drumbeat.connections': connections,
  })
  return span
}
