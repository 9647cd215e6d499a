import type { EventEnvelope, JsonObject } from './events.ts'

const utf8 = new TextEncoder()

/** An event without its place in the log. Fields that are undefined are left out. */
export type EventFields = {
  readonly [Field in Exclude<keyof EventEnvelope, 'offset' | 'prev' | 'skipped' | 'delivery' | 'payload'>]:
    | EventEnvelope[Field]
    | undefined
} & { readonly payload: JsonObject | object }

/**
 * What the log keeps of an event: UTF-8 of a JSON object with at least one field. `traceparent` and `payload` come last, in this order:
 * it is looked for in front of the payload.
 */
export function encodeEventBody(fields: EventFields): Uint8Array {
  return utf8.encode(JSON.stringify(fields))
}

const LATEST = utf8.encode('{"delivery":"latest",')

/** The same event, of the class `latest` unless its payload says otherwise. */
export function toLatest(body: Uint8Array): Uint8Array {
  const changed = new Uint8Array(LATEST.length + body.length - 1)
  changed.set(LATEST)
  changed.set(body.subarray(1), LATEST.length)
  return changed
}
