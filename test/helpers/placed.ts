import { placeAlone } from '../../src/hub/pack-event.ts'
import { encodeEvent, eventRecord, type EventFields } from '../../src/protocol/event-body.ts'
import { EVENT } from '../../src/protocol/events.ts'
import type { Channel } from '../../src/protocol/ids.ts'
import type { PlacedEvent } from '../../src/protocol/placed-event.ts'
import type { LogRecord } from '../../src/store/store.ts'

/** The record of a broadcast, changed by `fields`. */
export function recordOf(channel: Channel, fields: Partial<EventFields> = {}): LogRecord {
  const event = {
    id: 'an-id',
    eventType: EVENT.broadcast,
    namespace: 'private',
    userId: 'alice',
    timestamp: 1,
    payload: {},
  }
  return eventRecord(channel, encodeEvent({ room: undefined, traceparent: undefined, ...event, ...fields }))
}

export function placed(channel: Channel, offset: number, prev = 0, fields: Partial<EventFields> = {}): PlacedEvent {
  return placeAlone(recordOf(channel, fields), { offset, prev })
}

export function jsonOf(frame: Uint8Array): Record<string, unknown> {
  return JSON.parse(Buffer.from(frame).toString()) as Record<string, unknown>
}
