import {
  anyObject,
  body,
  flag,
  integer,
  listOf,
  named,
  NEXT_CURSOR,
  nullable,
  object,
  oneOfShapes,
  optional,
  pageOf,
  ref,
  text,
  type ValueOf,
} from './build.ts'
import { GAME_NAME } from '../ids.ts'
import { GAME_ROOM, GAME_ROOM_PAGE, PASSWORD, ROOM_GAME, ROOM_PLAY } from './games.ts'
import { DELIVERY, JSON_VALUE, KEY, NAMESPACE, ROOM_ID, USER_ID } from './values.ts'

/** Members of one room at most. */
export const CAPACITY_MAX = 1_000_000

/** A room with a game has them from its game. */
const PLAIN_FIELDS = {
  capacity: integer('Members: users, however many connections they have.', 1, CAPACITY_MAX),
  // What broadcasts in it are that do not say; a room that 0.1.0 stored has none, which is `must`.
  delivery: optional(ref(DELIVERY)),
}
const DEFINITION_FIELDS = {
  room_id: ref(ROOM_ID),
  namespace: ref(NAMESPACE),
  ...PLAIN_FIELDS,
  // null: it has none.
  game: nullable(text('The name of its game.', { pattern: GAME_NAME.source })),
}
/** What stays of a room when nobody is in it. */
export const ROOM_DEFINITION = object(DEFINITION_FIELDS)

const OF_A_GAME = { required: ['game'], properties: { game: { type: 'string' } } }
/** Of a room with a game: it is given an id. */
const GAME_FIELDS = {
  options: optional(anyObject('What the game makes the room with.')),
  locked: optional(flag('true: nobody takes a seat until the game unlocks the room.')),
  password: optional(nullable(PASSWORD)),
}

/** The documents say how much ROOM_CAPACITY is. */
export const ROOM_BODY = named(
  'RoomBody',
  body(
    {
      ...DEFINITION_FIELDS,
      room_id: optional(ref(ROOM_ID)),
      capacity: optional(DEFINITION_FIELDS.capacity),
      game: optional(DEFINITION_FIELDS.game),
      ...GAME_FIELDS,
      idempotency_key: optional(KEY),
    },
    {
      description: '`capacity` is ROOM_CAPACITY where it is absent.',
      anyOf: [{ required: ['room_id'] }, OF_A_GAME],
      allOf: [
        { not: { required: ['room_id', 'game'], properties: OF_A_GAME.properties } },
        ...Object.keys(GAME_FIELDS).map((name) => ({ not: { required: ['room_id', name] } })),
        ...Object.keys(PLAIN_FIELDS).map((name) => ({ not: { ...OF_A_GAME, required: ['game', name] } })),
      ],
    },
  ),
)
type BodyField = keyof ValueOf<typeof ROOM_BODY>
/** What the body of a room with a game may not have, and what that of one without may not. */
export const FIELDS_OF_PLAIN = ['room_id', ...Object.keys(PLAIN_FIELDS)] as readonly BodyField[]
export const FIELDS_OF_GAMES = Object.keys(GAME_FIELDS) as readonly BodyField[]

const LISTED_FIELDS = { ...DEFINITION_FIELDS, members: integer('Users in it.') }
export const ROOM = named('Room', object(LISTED_FIELDS))
export const ROOM_PAGE = named('RoomPage', pageOf(ref(ROOM)))

const RETAINED = { state: ref(JSON_VALUE), offset: integer('The state is as of here, or newer.') }
export const ROOM_STATE = named('RoomState', object({ ...LISTED_FIELDS, ...RETAINED, play: optional(ref(ROOM_PLAY)) }))
/** What POST answers: a room as it is kept, or one with a game as a search finds it. */
export const ROOM_MADE = named('RoomMade', oneOfShapes(ROOM_STATE, GAME_ROOM))
export const ROOMS_FOUND = named('RoomsFound', oneOfShapes(ROOM_PAGE, GAME_ROOM_PAGE))

/** What a room or a namespace retains. */
export const STATE = object(RETAINED)
export type RetainedState = ValueOf<typeof STATE>

export const JOINED_ROOM = object({
  room_id: ref(ROOM_ID),
  members: integer('Users in the room.'),
  state: ref(JSON_VALUE),
  offset: integer('Where to go on from: the state is as of here, or newer.'),
  // Of a room that has one.
  game: optional(ref(ROOM_GAME)),
})
/** The answer to `join`. `state` is what was last broadcast with `retain`, or null. From `offset` on this client gets the room's events. */
export type JoinedRoom = ValueOf<typeof JOINED_ROOM>

export const PRESENCE_PAGE = object({
  users: listOf(object({ user_id: ref(USER_ID), connections: integer('On any node.', 1) })),
  next_cursor: NEXT_CURSOR,
  total: integer('Users.'),
})
/** Users in the order of their ids, and how many there are in all. */
export type PresencePage = ValueOf<typeof PRESENCE_PAGE>
