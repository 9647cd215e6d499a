import type { EventEnvelope, JsonObject } from './events.ts'

const utf8 = new TextEncoder()

/** An event without its place in the log. Fields that are undefined are left out. */
export type EventFields = {
  readonly [Field in Exclude<keyof EventEnvelope, 'offset' | 'prev' | 'skipped' | 'payload'>]:
    | EventEnvelope[Field]
    | undefined
} & { readonly payload: JsonObject | object }

/** What the log keeps of an event: UTF-8 of a JSON object with at least one field. */
export function encodeEventBody(fields: EventFields): Uint8Array {
  return utf8.encode(JSON.stringify(fields))
}
