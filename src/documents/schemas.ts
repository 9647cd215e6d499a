import { EVENT } from '../protocol/events.ts'
import { PAGE_LIMIT } from '../protocol/page.ts'
import { integer, named, refTo, text, type Named, type Schema } from '../protocol/shapes/build.ts'
import {
  COMMANDS,
  commandSchema,
  ERROR_REPLY,
  replyOf,
  requestOf,
  type CommandName,
  type CommandShape,
  type SchemaOf,
} from '../protocol/shapes/commands.ts'
import { EVENT_PAGE, EVENT_TYPE_FILTER, EVENTS, LOGGED_EVENT } from '../protocol/shapes/events.ts'
import * as games from '../protocol/shapes/games.ts'
import * as operations from '../protocol/shapes/operations.ts'
import { BROADCAST_BODY, MESSAGE_BODY } from '../protocol/shapes/payloads.ts'
import * as rooms from '../protocol/shapes/rooms.ts'
import * as shop from '../protocol/shapes/shop.ts'
import * as values from '../protocol/shapes/values.ts'

/** What of the schemas is configuration. */
export interface SchemaLimits {
  readonly namespaces: readonly string[]
  readonly buyCountMax: number
  readonly roomCapacity: number
}

const PAGE_LIMIT_SHAPE = named('PageLimit', {
  ...integer('How many on a page.', 1, PAGE_LIMIT.max),
  default: PAGE_LIMIT.fallback,
})
const OFFSET = named('Offset', integer('A place in the log.'))
const FILE_NAME = named('FileName', text('As the page names it.'))

/** The shapes that have names, in the order of the documents: what others are made of, bodies, answers. */
const VALUES = [
  values.JSON_VALUE,
  values.CONNECTION_ID,
  values.USER_ID,
  values.SENDER,
  values.ROOM_ID,
  values.NAMESPACE,
  values.NAME,
  values.REQUEST_ID,
  values.TRACEPARENT,
  values.IDEMPOTENCY_KEY,
  values.CURSOR,
  values.DELIVERY,
  values.ERROR,
  values.ERROR_BODY,
  values.LOG_PART,
  values.LOG_LEVEL,
  values.EMPTY,
] as const
const BODIES = [
  shop.GOOD_BODY,
  shop.RESTOCK_BODY,
  shop.CREDIT_BODY,
  shop.REFUND_BODY,
  BROADCAST_BODY,
  MESSAGE_BODY,
  operations.LOG_LEVEL_BODY,
  operations.BAN_BODY,
  rooms.ROOM_BODY,
  games.INPUT_BODY,
  games.BOT_BODY,
] as const
const ANSWERS = [
  shop.GOOD,
  shop.GOOD_PAGE,
  shop.PLAYER,
  shop.RECEIPT,
  shop.RECEIPT_PAGE,
  shop.RECEIPT_KEYS,
  shop.LEDGER_BEGINNING,
  shop.LEDGER_PAGE,
  games.ROOM_GAME,
  games.GAME_ROOM,
  games.GAME_ROOM_PAGE,
  games.ROOM_PLAY,
  games.ROOM_ENTRIES,
  games.GAMES,
  games.INPUT_ANSWER,
  games.BOT_ADDED,
  rooms.ROOM,
  rooms.ROOM_STATE,
  rooms.ROOM_PAGE,
  rooms.ROOM_MADE,
  rooms.ROOMS_FOUND,
  operations.CONNECTION,
  operations.CONNECTION_PAGE,
  EVENT_PAGE,
  operations.LOG_LEVEL_SET,
  operations.HEALTH,
  operations.READINESS,
  operations.CONFIG,
  operations.KICKED,
  operations.BAN,
  operations.BAN_PAGE,
  operations.BANNED,
  operations.RELOAD,
  operations.DOCUMENT,
] as const
const OTHERS = [
  LOGGED_EVENT,
  ERROR_REPLY,
  PAGE_LIMIT_SHAPE,
  EVENT_TYPE_FILTER,
  OFFSET,
  FILE_NAME,
  games.GAME_NAME_SHAPE,
  games.WHERE_TEXT,
  games.BOT_SEAT_SHAPE,
  operations.BAN_OF_SHAPE,
  operations.BAN_ID,
  operations.BAN_MS_SHAPE,
] as const

type NameOf<Shapes extends readonly Named[]> = Shapes[number]['name']
type OfCommands = SchemaOf<CommandName, 'Payload' | 'Data' | 'Request' | 'Reply'>
type Own = NameOf<typeof VALUES | typeof BODIES | typeof ANSWERS | typeof OTHERS> | keyof typeof EVENTS

export type SchemaName = Own | OfCommands
export type Schemas = Readonly<Record<SchemaName, Schema>>

/** Every schema of the protocol by its name. They refer to each other as components of one document: see `ref`. */
export function createSchemas(limits: SchemaLimits): Schemas {
  const schemas = {
    ...byName([...VALUES, ...BODIES, ...ANSWERS]),
    ...EVENTS,
    ...byName(OTHERS),
    ...Object.fromEntries(Object.entries(COMMANDS).flatMap(([name, shape]) => ofCommand(name as CommandName, shape))),
  }
  // The keys are those of SchemaName, which Object.fromEntries does not know.
  return configured(schemas as Schemas, limits)
}

function byName(shapes: readonly Named[]): Readonly<Record<string, Schema>> {
  return Object.fromEntries(shapes.map(({ name, schema }) => [name, schema]))
}

/** What depends on the settings of a server is said in its documents. */
function configured(schemas: Schemas, { namespaces, buyCountMax, roomCapacity }: SchemaLimits): Schemas {
  const { Namespace, BuyGoodPayload, RoomBody } = schemas
  const { properties } = BuyGoodPayload as { readonly properties: Readonly<Record<'count', Schema>> }
  return {
    ...schemas,
    Namespace: { enum: namespaces, description: Namespace['description'] ?? '' },
    RoomBody: {
      ...RoomBody,
      description: `\`capacity\` is ${roomCapacity} (ROOM_CAPACITY) where it is absent.`,
    },
    BuyGoodPayload: {
      ...BuyGoodPayload,
      properties: { ...properties, count: { ...properties.count, maximum: buyCountMax } },
    },
  }
}

function ofCommand(name: CommandName, { payload, data, needsRoom }: CommandShape): [string, Schema][] {
  const [payloadName, dataName] = [commandSchema(name, 'Payload'), commandSchema(name, 'Data')]
  return [
    [payloadName, payload],
    [dataName, data],
    [commandSchema(name, 'Request'), requestOf(EVENT[name], refTo(payloadName), needsRoom)],
    [commandSchema(name, 'Reply'), replyOf(refTo(dataName))],
  ]
}

/** Of parameters in the query, by their names. */
export const QUERY_PARAMETERS: Readonly<Record<string, { readonly description: string; readonly schema: SchemaName }>> =
  {
    limit: { description: 'How many on a page.', schema: 'PageLimit' },
    cursor: { description: 'Where the page begins; absent: at the first.', schema: 'Cursor' },
    namespace: { description: 'Only of this namespace.', schema: 'Namespace' },
    user: { description: 'Only of this user.', schema: 'UserId' },
    room: { description: 'Only in this room.', schema: 'RoomId' },
    type: { description: 'Only of this event type.', schema: 'EventTypeFilter' },
    game: { description: 'Only rooms of this game, as a search finds them.', schema: 'GameName' },
    where: { description: 'Only those whose listing is so. Goes with `game`.', schema: 'WhereText' },
    for_ms: { description: 'Keeps the user out for so long. Absent: not at all.', schema: 'BanMs' },
    since: { description: 'Only behind this offset.', schema: 'Offset' },
  }
