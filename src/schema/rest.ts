import { TITLE_LENGTH_MAX } from '../domain/good.ts'
import { CAPACITY_MAX } from '../domain/room.ts'
import { LOG_LEVEL_MS } from '../protocol/log-levels.ts'
import { body, flag, integer, listOf, nullable, object, pageOf, ref, text, TIME, type Properties } from './build.ts'
import type { SchemaLimits } from './limits.ts'
import {
  BROADCAST,
  BROADCAST_OPTIONAL,
  BROADCAST_RULE,
  KEYED,
  MESSAGE,
  MESSAGE_OPTIONAL,
  MESSAGE_RULE,
} from './values.ts'

const GOOD: Properties = {
  id: ref('Name'),
  name: text('What players call it.', { minLength: 1, maxLength: TITLE_LENGTH_MAX }),
  price: integer('In the smallest unit of the currency.'),
  currency: ref('Name'),
  stock: nullable(integer('null: unlimited')),
  per_user_limit: nullable(integer('How many one player may ever buy; null: no limit.', 1)),
  sale_from: nullable(TIME),
  sale_until: nullable({ ...TIME, description: 'Unix time in milliseconds, later than sale_from.' }),
}

const ROOM: Properties = {
  room_id: ref('RoomId'),
  namespace: ref('Namespace'),
  capacity: integer('Members: users, however many connections they have.', 1, CAPACITY_MAX),
  delivery: ref('Delivery'),
  game: { type: 'null', description: 'Rooms have no games yet.' },
}

const AMOUNTS = { type: 'object', additionalProperties: integer('Of each, by its id.') } as const

/** Bodies of requests. */
export function restBodies({ roomCapacity }: SchemaLimits) {
  return {
    GoodBody: body(GOOD, {
      optional: ['id', 'stock', 'per_user_limit', 'sale_from', 'sale_until'],
      description: '`id`, where it is there, is the one in the path.',
    }),
    RestockBody: body({ count: integer('So many more.', 1), ...KEYED }),
    CreditBody: body({ currency: ref('Name'), amount: integer("In the currency's smallest unit.", 1), ...KEYED }),
    RefundBody: body(
      { purchase_id: text('As on the receipt.'), restock: flag('true: into the stock. So it is if absent.'), ...KEYED },
      { optional: ['restock'] },
    ),
    BroadcastBody: body(
      { namespace: ref('Namespace'), room: nullable(ref('RoomId')), ...BROADCAST, ...KEYED },
      { optional: ['room', ...BROADCAST_OPTIONAL, 'idempotency_key'], ...BROADCAST_RULE },
    ),
    MessageBody: body(
      { ...MESSAGE, ...KEYED },
      { optional: [...MESSAGE_OPTIONAL, 'idempotency_key'], ...MESSAGE_RULE },
    ),
    LogLevelBody: body({
      part: ref('LogPart'),
      level: ref('LogLevel'),
      for_ms: integer('Then it is as configured again.', LOG_LEVEL_MS.min, LOG_LEVEL_MS.max),
    }),
    RoomBody: body(
      { ...ROOM, ...KEYED },
      {
        optional: ['capacity', 'delivery', 'game', 'idempotency_key'],
        description: `\`capacity\` is ${roomCapacity} (ROOM_CAPACITY) where it is absent.`,
      },
    ),
  }
}

const ROOM_LISTED: Properties = { ...ROOM, members: integer('Users in it.') }

const PUBLIC_KEY: Properties = { public_key: text('PEM'), jwk: { type: 'object', description: 'A JSON Web Key' } }

/** What the REST interface answers with. */
export const REST_ANSWERS = {
  Good: object(GOOD),
  GoodPage: pageOf(ref('Good')),
  Player: object({ user_id: ref('UserId'), balances: AMOUNTS, inventory: AMOUNTS }),
  Receipt: object({
    purchase_id: text('Its place in the ledger.'),
    user_id: ref('UserId'),
    good_id: ref('Name'),
    count: integer('How many.', 1),
    unit_price: integer('Of one.'),
    total: integer('Of all.'),
    currency: ref('Name'),
    balance: integer('What is left of that currency.'),
    stock_left: nullable(integer('null: unlimited')),
    committed_at: TIME,
    replayed: flag('This key was used for the same request before, and this is that receipt.'),
    signature: text(
      'base64url; Ed25519 over the JSON of all other fields but `replayed`, keys sorted, no white space.',
    ),
  }),
  ReceiptPage: pageOf(ref('Receipt')),
  ReceiptKeys: object({ ...PUBLIC_KEY, algorithm: { const: 'Ed25519' }, previous: listOf(object(PUBLIC_KEY)) }),
  LedgerPage: pageOf(text('A line of the ledger, as it is stored.')),
  Room: object(ROOM_LISTED, { optional: ['delivery'] }),
  RoomState: object(
    {
      ...ROOM_LISTED,
      state: ref('JsonValue'),
      offset: integer('The state is as of here, or newer.'),
    },
    { optional: ['delivery'] },
  ),
  RoomPage: pageOf(ref('Room')),
  Connection: object({
    connection_id: ref('ConnectionId'),
    namespace: ref('Namespace'),
    user_id: ref('UserId'),
    address: text('IPv6 by /64.'),
    rooms: listOf(ref('RoomId')),
    opened_at: TIME,
    node: text('NODE_ID'),
    worker: integer('Of that node.'),
  }),
  ConnectionPage: pageOf(ref('Connection')),
  EventPage: pageOf(ref('Event')),
  LogLevelSet: object({ part: ref('LogPart'), level: ref('LogLevel'), until: TIME }),
  Health: object({ status: { const: 'ok' } }),
  Ready: object({
    ready: flag('All of them are.'),
    parts: listOf(
      object(
        { part: text('What it is called.'), ok: flag('It is ready.'), reason: text('Why it is not.') },
        { optional: ['reason'] },
      ),
    ),
  }),
  Config: object({
    settings: listOf(
      object({
        name: text('As in the environment.'),
        value: { description: 'Durations in milliseconds, sizes in bytes; null: not set; secrets are hidden.' },
        source: { enum: ['environment', 'credentials', 'file', 'default'] },
      }),
    ),
  }),
  Kicked: object({ kicked: integer('Connections that are closed with 4502.') }),
  Reload: object({
    changed: listOf(text('A setting that workers have from now on.')),
    at_next_start: listOf(text('One that was changed, too, and that only a start of the node takes.')),
  }),
  Document: { type: 'object', description: 'OpenAPI 3.1 or AsyncAPI 3.0' },
} as const

/** Of parameters in the query, by their names. */
export const QUERY_PARAMETERS: Readonly<Record<string, { readonly description: string; readonly schema: string }>> = {
  limit: { description: 'How many on a page.', schema: 'PageLimit' },
  cursor: { description: 'Where the page begins; absent: at the first.', schema: 'Cursor' },
  namespace: { description: 'Only of this namespace.', schema: 'Namespace' },
  user: { description: 'Only of this user.', schema: 'UserId' },
  room: { description: 'Only in this room.', schema: 'RoomId' },
  type: { description: 'Only of this event type.', schema: 'EventTypeFilter' },
  since: { description: 'Only behind this offset.', schema: 'Offset' },
}
