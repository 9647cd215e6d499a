import type { DeliveryClass } from './delivery.ts'
import type { ErrorBody } from './errors.ts'

/** The event types a client may send: the names on the wire. */
export const EVENT = {
  broadcast: 'core.game.state.broadcast',
  sendMessage: 'core.game.state.send_message',
  buyGood: 'core.game.state.buy_good',
  roomJoin: 'core.game.room.join',
  roomLeave: 'core.game.room.leave',
  roomInput: 'core.game.room.input',
  stateGet: 'core.game.state.get',
  presenceList: 'core.game.presence.list',
  sessionRefresh: 'core.game.session.refresh',
  sessionPing: 'core.game.session.ping',
} as const

/** The event types only the server sends. */
export const SERVER_EVENT = {
  ready: 'core.game.session.ready',
  resumed: 'core.game.session.resumed',
  draining: 'core.game.session.draining',
  joined: 'core.game.presence.joined',
  left: 'core.game.presence.left',
  reply: 'core.game.reply',
} as const

export type EventType = (typeof EVENT)[keyof typeof EVENT]

export const SUBPROTOCOL = { json: 'game.v1.json', msgpack: 'game.v1.msgpack' } as const
/** How frames are written: `json` as text, `msgpack` as bytes. */
export type Encoding = keyof typeof SUBPROTOCOL

/** What JSON can carry. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue }
/** The same, with an object at the top. */
export type JsonObject = { readonly [key: string]: JsonValue }

/** What a client sends. */
export interface RequestEnvelope {
  readonly id?: string
  readonly eventType: string
  readonly room?: string
  readonly payload: JsonObject
  readonly traceparent?: string
}

/** What the members of a channel get. */
export interface EventEnvelope {
  /** UUIDv7 */
  readonly id: string
  readonly eventType: string
  readonly namespace: string
  readonly room?: string
  readonly userId: string
  /** Unix time in milliseconds */
  readonly timestamp: number
  /** The event's place in the log. */
  readonly offset: number
  /** The offset of the event before it in the same channel, or the one from which on the node would have known. */
  readonly prev: number
  /** So many events between `prev` and this one had newer ones take their place: see `DeliveryClass`. Absent: none. */
  readonly skipped?: number
  /** It goes to the receiver's own channel. Absent: to the room's if there is a `room`, else to the namespace's. */
  readonly channel?: 'user'
  /** Of a broadcast in a room whose class is not `must`, if its payload does not say. */
  readonly delivery?: DeliveryClass
  readonly payload: JsonObject
  readonly traceparent?: string
}

export type ReplyEnvelope =
  | {
      readonly eventType: 'core.game.reply'
      readonly replyTo: string
      readonly success: true
      readonly data: JsonObject
      readonly traceparent?: string
    }
  | {
      readonly eventType: 'core.game.reply'
      readonly replyTo?: string
      readonly success: false
      readonly error: ErrorBody
      readonly traceparent?: string
    }

/** The payload of the first frame on a connection. */
export interface ReadyPayload {
  readonly session_id: string
  readonly resume_token: string
  readonly connection_id: string
  readonly user_id: string
  readonly namespace: string
  readonly node: string
  readonly epoch: string
  /** The cursor to start from: the namespace's and the user's channel are known up to here. */
  readonly offset: number
  readonly server_time: number
  readonly ping_interval_ms: number
  readonly max_payload_bytes: number
}

/** ROOMS_UNKNOWN: the client did not name its rooms, and the server does not know them any more, or is another node. */
export type NotRecovered = 'HISTORY_GONE' | 'EPOCH_CHANGED' | 'TOKEN_INVALID' | 'ROOMS_UNKNOWN'

export interface ResumedPayload extends ReadyPayload {
  readonly recovered: boolean
  /** How many frames of replay follow. */
  readonly replayed: number
  readonly reason?: NotRecovered
  /** The rooms this connection is in now. */
  readonly rooms: readonly string[]
}

/** Proof of one purchase, signed by the server. Amounts are integers in the currency's smallest unit. */
export interface Receipt {
  readonly purchase_id: string
  readonly user_id: string
  readonly good_id: string
  readonly count: number
  readonly unit_price: number
  readonly total: number
  readonly currency: string
  /** What is left of that currency. */
  readonly balance: number
  /** null: unlimited */
  readonly stock_left: number | null
  /** Unix time in milliseconds */
  readonly committed_at: number
  /** This key was used for the same request before, and this is that receipt. */
  readonly replayed: boolean
  /** base64url; Ed25519 over `receiptBytes` of the receipt */
  readonly signature: string
}

/**
 * What a receipt's signature covers: UTF-8 of the JSON object of all fields but `signature` and `replayed`, keys sorted,
 * no white space (RFC 8785, as all values are strings, integers or null).
 */
export function receiptBytes(receipt: Omit<Receipt, 'signature' | 'replayed'>): Uint8Array {
  const signed = Object.entries(receipt).filter(([key]) => key !== 'signature' && key !== 'replayed')
  signed.sort(([a], [b]) => (a < b ? -1 : 1))
  return new TextEncoder().encode(JSON.stringify(Object.fromEntries(signed)))
}
