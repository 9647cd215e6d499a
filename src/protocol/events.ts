import type * as EVENT from './event-names.ts'

/** The event types a client may send: the names on the wire. */
export * as EVENT from './event-names.ts'

/** The event types only the server sends. */
export * as SERVER_EVENT from './server-event-names.ts'

export type EventType = (typeof EVENT)[keyof typeof EVENT]

export const SUBPROTOCOL = { json: 'game.v1.json', msgpack: 'game.v1.msgpack' } as const
/** How frames are written: `json` as text, `msgpack` as bytes. */
export type Encoding = keyof typeof SUBPROTOCOL

/** What JSON can carry. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue }
/** The same, with an object at the top. */
export type JsonObject = { readonly [key: string]: JsonValue }
