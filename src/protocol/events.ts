import type * as EVENT from './event-names.ts'

/** The event types that a client may send, as they are written on the wire. */
export * as EVENT from './event-names.ts'

/** The event types that only the server sends. */
export * as SERVER_EVENT from './server-event-names.ts'

export type EventType = (typeof EVENT)[keyof typeof EVENT]

export const SUBPROTOCOL = { json: 'game.v1.json', msgpack: 'game.v1.msgpack' } as const
/** How frames are encoded: `json` as text, `msgpack` as bytes. */
export type Encoding = keyof typeof SUBPROTOCOL

/** A value that JSON can hold. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue }
/** A `JsonValue` that is an object. */
export type JsonObject = { readonly [key: string]: JsonValue }
