import { parseJson } from '../protocol/codec.ts'
import type { JsonValue } from '../protocol/events.ts'
import type { Channel } from '../protocol/ids.ts'
import type { PlacedEvent } from '../protocol/placed-event.ts'
import { decodeRecord } from '../store/json-records.ts'
import type { Store } from '../store/store.ts'

export const STATE_PREFIX = 'state/'

/** Where a channel's retained state stands in the store, as JSON. */
export function stateKey(channel: Channel): string {
  return STATE_PREFIX + channel
}

/** The state that was read from the store, or the newest that these later events of the channel retain. */
export function newestState(read: JsonValue, later: readonly PlacedEvent[]): JsonValue {
  let state = read
  for (const { frame } of later) {
    const { payload } = parseJson(frame) as {
      readonly payload?: { readonly retain?: unknown; readonly message?: JsonValue }
    }
    if (payload?.retain === true && payload.message !== undefined) state = payload.message
  }
  return state
}

/** null: nothing was retained. */
export async function readState(store: Store, channel: Channel): Promise<JsonValue> {
  const [record] = await store.get([stateKey(channel)])
  return record ? (decodeRecord(record) as JsonValue) : null
}
