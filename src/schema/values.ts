import { NAME } from '../domain/good.ts'
import { DELIVERY_CLASSES } from '../protocol/delivery.ts'
import { REQUEST_ID_LENGTH_MAX, TRACEPARENT } from '../protocol/envelope.ts'
import { ERRORS } from '../protocol/errors.ts'
import { CONNECTION_ID, IDEMPOTENCY_KEY, ROOM_ID, SERVER_SENDER, USER_ID } from '../protocol/ids.ts'
import { LOG_LEVELS, LOG_PARTS } from '../protocol/log-levels.ts'
import { CURSOR } from '../protocol/page.ts'
import { KEY_LENGTH_MAX } from '../protocol/payloads.ts'
import { FORBIDDEN_KEY } from '../protocol/value.ts'
import { ANY_FIELDS, flag, integer, object, ref, text, type Properties, type Schema } from './build.ts'
import type { SchemaLimits } from './limits.ts'

/** What the others are made of. */
export function values({ namespaces }: SchemaLimits) {
  return {
    JsonValue: {
      description: `Any JSON value; no object has the key ${FORBIDDEN_KEY}. MAX_JSON_DEPTH and MAX_JSON_KEYS bound it.`,
      ...ANY_FIELDS,
      items: ref('JsonValue'),
    },
    ConnectionId: text('A UUIDv7', { pattern: CONNECTION_ID.source }),
    UserId: text("A token's `sub`, or `guest-` and a random part.", { pattern: USER_ID.source }),
    Sender: {
      description: `The user as the server knows it, or ${SERVER_SENDER}: broadcasts by REST, presence.`,
      anyOf: [ref('UserId'), { const: SERVER_SENDER }],
    },
    RoomId: text('Unique over all namespaces.', { pattern: ROOM_ID.source }),
    Namespace: { enum: namespaces, description: 'As NAMESPACE_PRIVATE and NAMESPACE_GUEST name them.' },
    Name: text('The id of a good or a currency.', { pattern: NAME.source, not: { const: FORBIDDEN_KEY } }),
    RequestId: text('The reply names it.', { minLength: 1, maxLength: REQUEST_ID_LENGTH_MAX }),
    Traceparent: text('W3C trace context', { pattern: TRACEPARENT.source }),
    IdempotencyKey: text('The same key with the same request gives the first answer again.', {
      pattern: IDEMPOTENCY_KEY.source,
    }),
    Cursor: text('The `next_cursor` of the page before.', { pattern: CURSOR.source }),
    Delivery: {
      enum: DELIVERY_CLASSES,
      description: 'latest: for a member who reads too slowly a newer one with the same `key` takes its place.',
    },
    Error: object(
      {
        code: { enum: Object.keys(ERRORS), description: 'For programs: does not change.' },
        message: text('For people: may change.'),
        retryable: flag('Whether asking again may help.'),
        details: object(
          {
            path: text('Of BAD_REQUEST: the field, as in payload.message[3].x'),
            retry_after_ms: integer('Of RATE_LIMITED, OVERLOADED, DRAINING'),
            trace_id: text('Of INTERNAL: what the log calls it.'),
          },
          { optional: ['path', 'retry_after_ms', 'trace_id'], additionalProperties: true },
        ),
      },
      { optional: ['details'] },
    ),
    ErrorBody: object({ error: ref('Error') }),
    LogPart: { enum: LOG_PARTS, description: '`primary` and `worker` stand for their parts, too.' },
    LogLevel: { enum: LOG_LEVELS, description: 'The least that is logged.' },
    Empty: object({}),
  }
}

/** Of a broadcast, by a client or by REST. */
export const BROADCAST: Properties = {
  message: ref('JsonValue'),
  retain: flag("true: the message is the channel's state from now on."),
  delivery: ref('Delivery'),
  key: text('Of the delivery latest: what a newer one stands for.', { minLength: 1, maxLength: KEY_LENGTH_MAX }),
}
export const BROADCAST_OPTIONAL = ['retain', 'delivery', 'key'] as const
/** A key has no meaning where everything is delivered. */
export const BROADCAST_RULE: Schema = {
  not: { required: ['key', 'delivery'], properties: { delivery: { const: 'must' } } },
}

export const MESSAGE: Properties = {
  target_user_id: ref('UserId'),
  text: text('For people.'),
  data: ref('JsonValue'),
}
export const MESSAGE_OPTIONAL = ['text', 'data'] as const
export const MESSAGE_RULE: Schema = { oneOf: [{ required: ['text'] }, { required: ['data'] }] }

/** Bodies that take one. */
export const KEYED: Properties = { idempotency_key: ref('IdempotencyKey') }
