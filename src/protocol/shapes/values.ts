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

/** This schema refers to itself, so its type has to be written down. */
const JSON_SCHEMA: Schema<JsonValue> = {
  description: `Any JSON value; no object has the key ${FORBIDDEN_KEY}. MAX_JSON_DEPTH and MAX_JSON_KEYS bound it.`,
  ...ANY_FIELDS,
  items: ANY_FIELDS.additionalProperties,
}
export const JSON_VALUE = named('JsonValue', JSON_SCHEMA)

export const CONNECTION_ID = named('ConnectionId', text('A UUIDv7', { pattern: ids.CONNECTION_ID.source }))

export const USER_ID = named(
  'UserId',
  text("The token's `sub`, or `guest-` and a random part.", { pattern: ids.USER_ID.source }),
)

const SENDER_SCHEMA: Schema<string> = {
  description: `The id of a user, or ${ids.SERVER_SENDER} for broadcasts by REST and presence.`,
  anyOf: [ref(USER_ID), constant(ids.SERVER_SENDER)],
}
export const SENDER = named('Sender', SENDER_SCHEMA)

export const ROOM_ID = named('RoomId', text('Unique across all namespaces.', { pattern: ids.ROOM_ID.source }))

/** The documents name the configured namespaces. */
export const NAMESPACE = named('Namespace', text('One of the names that NAMESPACE_PRIVATE and NAMESPACE_GUEST set.'))

export const NAME = named(
  'Name',
  text('The id of a good or a currency.', { pattern: ids.NAME.source, not: { const: FORBIDDEN_KEY } }),
)

export const REQUEST_ID = named(
  'RequestId',
  text('The reply names it in `replyTo`.', { minLength: 1, maxLength: REQUEST_ID_LENGTH_MAX }),
)

export const TRACEPARENT = named('Traceparent', text('W3C trace context', { pattern: TRACEPARENT_PATTERN.source }))

export const IDEMPOTENCY_KEY = named(
  'IdempotencyKey',
  text('The same request with the same key gets the first answer again.', { pattern: ids.IDEMPOTENCY_KEY.source }),
)

export const CURSOR = named('Cursor', text('The `next_cursor` of the page before.', { pattern: CURSOR_PATTERN.source }))

export const DELIVERY = named(
  'Delivery',
  choice(DELIVERY_CLASSES, 'latest: a member that reads too slowly gets only the newest event of each `key`.'),
)

/**
 * `ErrorBody` is defined beside the codes, because all parsers use it and these shapes use the parsers. So it cannot be derived
 * from this schema.
 */
export const ERROR: Named<'Error', ErrorBody> = named(
  'Error',
  object({
    code: choice(Object.keys(STATUS) as ErrorCode[], 'For programs. It does not change.'),
    message: text('For people. It may change.'),
    retryable: flag('Whether the same request may succeed later.'),
    details: optional(
      object(
        {
          path: optional(text('For BAD_REQUEST: the field, such as payload.message[3].x')),
          retry_after_ms: optional(
            integer('For RATE_LIMITED, OVERLOADED and DRAINING: how long to wait before asking again'),
          ),
          trace_id: optional(text('For INTERNAL and GAME_FAILED: the id of this failure in the log.')),
          code: optional(text("For REFUSED: the game's own code.")),
          url: optional(text('For MOVED: where the room is now.')),
        },
        { additionalProperties: true },
      ),
    ),
  }),
)

export const ERROR_BODY = named('ErrorBody', object({ error: ref(ERROR) }))

export const LOG_PART = named('LogPart', choice(LOG_PARTS, '`primary` and `worker` also set the level of their parts.'))

export const LOG_LEVEL = named('LogLevel', choice(LOG_LEVELS, 'The lowest level that is logged.'))

export const EMPTY = named('Empty', object({}))

/** For bodies and payloads that take an idempotency key. */
export const KEY = ref(IDEMPOTENCY_KEY)
