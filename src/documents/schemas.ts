import { EVENT } from '../protocol/events.ts'
import { PAGE_LIMIT } from '../protocol/page.ts'
import { integer, named, refTo, text, type Named, type Schema } from '../protocol/shapes/build.ts'
import * as commands from '../protocol/shapes/commands.ts'
import {
  COMMANDS,
  commandSchema,
  replyOf,
  requestOf,
  type CommandName,
  type CommandShape,
  type SchemaOf,
} from '../protocol/shapes/commands.ts'
import * as events from '../protocol/shapes/events.ts'
import * as games from '../protocol/shapes/games.ts'
import * as operations from '../protocol/shapes/operations.ts'
import * as payloads from '../protocol/shapes/payloads.ts'
import * as recordings from '../protocol/shapes/recordings.ts'
import * as rooms from '../protocol/shapes/rooms.ts'
import * as shop from '../protocol/shapes/shop.ts'
import * as values from '../protocol/shapes/values.ts'

/** The settings of a server that its schemas depend on. */
export interface SchemaLimits {
  readonly namespaces: readonly string[]
  readonly buyCountMax: number
  readonly roomCapacity: number
}

const PAGE_LIMIT_SHAPE = named('PageLimit', {
  ...integer('How many items a page has.', 1, PAGE_LIMIT.max),
  default: PAGE_LIMIT.fallback,
})
const OFFSET = named('Offset', integer('A place in the log.'))
const FILE_NAME = named('FileName', text('The name that the page uses for the file.'))

const OTHERS = [PAGE_LIMIT_SHAPE, OFFSET, FILE_NAME] as const

/** Everything that these modules export with a name is in the documents. */
const MODULES = [values, payloads, commands, events, rooms, games, recordings, shop, operations] as const

type NameOf<Shape> = Shape extends Named<infer Name> ? Name : never
type NamesIn<Module> = Module extends unknown ? NameOf<Module[keyof Module]> : never
type OfCommands = SchemaOf<CommandName, 'Payload' | 'Data' | 'Request' | 'Reply'>
type Own = NamesIn<(typeof MODULES)[number]> | NameOf<(typeof OTHERS)[number]> | keyof typeof events.EVENTS

export type SchemaName = Own | OfCommands
export type Schemas = Readonly<Record<SchemaName, Schema>>

/** All schemas of the protocol, by name. They refer to each other as components of one document: see `ref`. */
export function createSchemas(limits: SchemaLimits): Schemas {
  const schemas = {
    ...byName([...MODULES.flatMap((module) => Object.values<unknown>(module).filter(isNamed)), ...OTHERS]),
    ...events.EVENTS,
    ...Object.fromEntries(Object.entries(COMMANDS).flatMap(([name, shape]) => ofCommand(name as CommandName, shape))),
  }
  // `Object.fromEntries` loses the type of the keys, which are those of SchemaName.
  return configured(schemas as Schemas, limits)
}

function isNamed(shape: unknown): shape is Named {
  return typeof shape === 'object' && shape !== null && 'name' in shape && 'schema' in shape
}

function byName(shapes: readonly Named[]): Readonly<Record<string, Schema>> {
  return Object.fromEntries(shapes.map(({ name, schema }) => [name, schema]))
}

/** Puts the settings of a server into its documents. */
function configured(schemas: Schemas, { namespaces, buyCountMax, roomCapacity }: SchemaLimits): Schemas {
  const { Namespace, BuyGoodPayload, RoomBody } = schemas
  const { properties } = BuyGoodPayload as { readonly properties: Readonly<Record<'count', Schema>> }
  return {
    ...schemas,
    Namespace: { enum: namespaces, description: Namespace['description'] ?? '' },
    RoomBody: {
      ...RoomBody,
      description: `\`capacity\` is ${roomCapacity} (ROOM_CAPACITY) if it is absent.`,
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

/** The parameters of queries, by name. */
export const QUERY_PARAMETERS: Readonly<Record<string, { readonly description: string; readonly schema: SchemaName }>> =
  {
    limit: { description: 'How many items a page has.', schema: 'PageLimit' },
    cursor: {
      description: 'Where the page begins: the `next_cursor` of the page before. Without it, at the beginning.',
      schema: 'Cursor',
    },
    namespace: { description: 'Only of this namespace.', schema: 'Namespace' },
    user: { description: 'Only of this user.', schema: 'UserId' },
    room: { description: 'Only in this room.', schema: 'RoomId' },
    type: { description: 'Only of this event type.', schema: 'EventTypeFilter' },
    game: { description: 'Only rooms of this game, described as a search describes them.', schema: 'GameName' },
    where: { description: 'Only rooms whose listing matches. Use it with `game`.', schema: 'WhereText' },
    for_ms: {
      description: 'How long the user is kept out. Without it, the user may come back at once.',
      schema: 'BanMs',
    },
    since: { description: 'Only events after this offset.', schema: 'Offset' },
  }
