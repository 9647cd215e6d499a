import { DELIVERY_CLASSES } from '../delivery.ts'
import { REQUEST_ID_LENGTH_MAX, TRACEPARENT as TRACEPARENT_PATTERN } from '../envelope.ts'
import { STATUS, type ErrorBody, type ErrorCode } from '../errors.ts'
import type { JsonValue } from '../events.ts'
import * as ids from '../ids.ts'
import { LOG_LEVELS, LOG_PARTS } from '../log-levels.ts'
import { CURSOR as CURSOR_PATTERN } from '../page.ts'
import { FORBIDDEN_KEY } from '../forbidden-key.ts'
import {
  ANY_FIELDS,
  choice,
  constant,
  flag,
  integer,
  named,
  object,
  optional,
  ref,
  text,
  type Named,
  type Schema,
} from './build.ts'

/** It says of itself what it is, so its type is written down. */
const JSON_SCHEMA: Schema<JsonValue> = {
  description: `Any JSON value; no object has the key ${FORBIDDEN_KEY}. MAX_JSON_DEPTH and MAX_JSON_KEYS bound it.`,
  ...ANY_FIELDS,
  items: ANY_FIELDS.additionalProperties,
}
export const JSON_VALUE = named('JsonValue', JSON_SCHEMA)

export const CONNECTION_ID = named('ConnectionId', text('A UUIDv7', { pattern: ids.CONNECTION_ID.source }))

export const USER_ID = named(
  'UserId',
  text("A token's `sub`, or `guest-` and a random part.", { pattern: ids.USER_ID.source }),
)

const SENDER_SCHEMA: Schema<string> = {
  description: `The user as the server knows it, or ${ids.SERVER_SENDER}: broadcasts by REST, presence.`,
  anyOf: [ref(USER_ID), constant(ids.SERVER_SENDER)],
}
export const SENDER = named('Sender', SENDER_SCHEMA)

export const ROOM_ID = named('RoomId', text('Unique over all namespaces.', { pattern: ids.ROOM_ID.source }))

/** The documents name those that are configured. */
export const NAMESPACE = named('Namespace', text('As NAMESPACE_PRIVATE and NAMESPACE_GUEST name them.'))

export const NAME = named(
  'Name',
  text('The id of a good or a currency.', { pattern: ids.NAME.source, not: { const: FORBIDDEN_KEY } }),
)

export const REQUEST_ID = named(
  'RequestId',
  text('The reply names it.', { minLength: 1, maxLength: REQUEST_ID_LENGTH_MAX }),
)

export const TRACEPARENT = named('Traceparent', text('W3C trace context', { pattern: TRACEPARENT_PATTERN.source }))

export const IDEMPOTENCY_KEY = named(
  'IdempotencyKey',
  text('The same key with the same request gives the first answer again.', { pattern: ids.IDEMPOTENCY_KEY.source }),
)

export const CURSOR = named('Cursor', text('The `next_cursor` of the page before.', { pattern: CURSOR_PATTERN.source }))

export const DELIVERY = named(
  'Delivery',
  choice(
    DELIVERY_CLASSES,
    'latest: for a member who reads too slowly a newer one with the same `key` takes its place.',
  ),
)

/** `ErrorBody` is written beside the codes, which all parsers use; so do these shapes, of which it therefore knows nothing. */
export const ERROR: Named<'Error', ErrorBody> = named(
  'Error',
  object({
    code: choice(Object.keys(STATUS) as ErrorCode[], 'For programs: does not change.'),
    message: text('For people: may change.'),
    retryable: flag('Whether asking again may help.'),
    details: optional(
      object(
        {
          path: optional(text('Of BAD_REQUEST: the field, as in payload.message[3].x')),
          retry_after_ms: optional(integer('Of RATE_LIMITED, OVERLOADED, DRAINING')),
          trace_id: optional(text('Of INTERNAL and GAME_FAILED: what the log calls it.')),
          code: optional(text("Of REFUSED: the game's own code.")),
          url: optional(text('Of MOVED: where the room is now.')),
        },
        { additionalProperties: true },
      ),
    ),
  }),
)

export const ERROR_BODY = named('ErrorBody', object({ error: ref(ERROR) }))

export const LOG_PART = named('LogPart', choice(LOG_PARTS, '`primary` and `worker` stand for their parts, too.'))

export const LOG_LEVEL = named('LogLevel', choice(LOG_LEVELS, 'The least that is logged.'))

export const EMPTY = named('Empty', object({}))

/** Of bodies and payloads that take a key. */
export const KEY = ref(IDEMPOTENCY_KEY)
