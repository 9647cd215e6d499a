import type { JsonValue } from '../protocol/events.ts'
import type { Channel } from '../protocol/ids.ts'
import { decodeRecord } from '../store/json-records.ts'
import type { Store } from '../store/store.ts'

export const STATE_PREFIX = 'state/'

/** Where a channel's retained state stands in the store, as JSON. */
export function stateKey(channel: Channel): string {
  return STATE_PREFIX + channel
}

/** null: nothing was retained. */
export async function readState(store: Store, channel: Channel): Promise<JsonValue> {
  const [record] = await store.get([stateKey(channel)])
  return record ? (decodeRecord(record) as JsonValue) : null
}
