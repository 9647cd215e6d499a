import { isLatest, NO_HEAD } from '../protocol/event-head.ts'
import { frameFront, type Place } from '../protocol/frame-front.ts'
import { PACKED, PlacedEvent } from '../protocol/placed-event.ts'
import type { LogRecord } from '../store/store.ts'

/** A place in a buffer to write to. */
export interface Room {
  readonly target: Buffer
  readonly start: number
}

/** Gives the event its place in the log, and packs it for `PlacedEvent` into the room that `take` provides. */
export function placeEvent(record: LogRecord, place: Place, take: (bytes: number) => Room): PlacedEvent {
  const { channel, head = NO_HEAD, body } = record
  // The key of an event that must be delivered is never needed.
  const key = head.key !== null && isLatest(head) ? Buffer.from(head.key) : NO_BYTES
  const id = head.id === null ? NO_BYTES : Buffer.from(head.id)
  const front = frameFront(place, channel, head.flags)
  const frameAt = PACKED.id + id.length + key.length
  // The last character of the front replaces the first one of the body.
  const bytes = frameAt + front.length + body.length - 1
  const { target, start } = take(bytes)
  target[start + PACKED.kind] = head.kind
  target[start + PACKED.flags] = head.flags
  target[start + PACKED.frontLength] = front.length
  target[start + PACKED.idLength] = id.length
  target[start + PACKED.keyLength] = key.length
  target[start + PACKED.keyLength + 1] = key.length >> 8
  if (id.length > 0) target.set(id, start + PACKED.id)
  if (key.length > 0) target.set(key, start + PACKED.id + id.length)
  target.set(body, start + frameAt + front.length - 1)
  target.write(front, start + frameAt, 'latin1')
  return new PlacedEvent(channel, place, target, start, start + bytes)
}

/** Packs the event into a buffer of its own. */
export function placeAlone(record: LogRecord, place: Place): PlacedEvent {
  return placeEvent(record, place, (bytes) => ({ target: Buffer.allocUnsafe(bytes), start: 0 }))
}

const NO_BYTES = Buffer.alloc(0)
