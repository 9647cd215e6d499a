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

/** The largest `capacity` that a room may have. */
export const CAPACITY_MAX = 1_000_000

/** Fields of a room without a game. If a room has a game, the game decides these. */
const PLAIN_FIELDS = {
  capacity: integer(
    'How many members the room may have. A user counts once, whatever number of connections it has.',
    1,
    CAPACITY_MAX,
  ),
  // The class of broadcasts that do not give one. Rooms that 0.1.0 stored lack it, which means `must`.
  delivery: optional(ref(DELIVERY)),
}
const DEFINITION_FIELDS = {
  room_id: ref(ROOM_ID),
  namespace: ref(NAMESPACE),
  ...PLAIN_FIELDS,
  // null: the room has no game.
  game: nullable(text('The name of its game.', { pattern: GAME_NAME.source })),
}
/** What is kept of a room when nobody is in it. */
export const ROOM_DEFINITION = object(DEFINITION_FIELDS)

const OF_A_GAME = { required: ['game'], properties: { game: { type: 'string' } } }
/** Fields of a room with a game. Its id is made by the server. */
const GAME_FIELDS = {
  options: optional(anyObject('What the game creates the room with.')),
  locked: optional(flag('true: nobody can take a seat until the game unlocks the room.')),
  password: optional(nullable(PASSWORD)),
  record: optional(flag('Whether the room is recorded from its first tick on. Absent: as its game says.')),
}

/** The documents add the value of ROOM_CAPACITY. */
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
      description: 'If `capacity` is absent, it is ROOM_CAPACITY.',
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
/** Fields that only a room without a game may have, and fields that only a room with one may have. */
export const FIELDS_OF_PLAIN = ['room_id', ...Object.keys(PLAIN_FIELDS)] as readonly BodyField[]
export const FIELDS_OF_GAMES = Object.keys(GAME_FIELDS) as readonly BodyField[]

const LISTED_FIELDS = { ...DEFINITION_FIELDS, members: integer('How many users are in it.') }
export const ROOM = named('Room', object(LISTED_FIELDS))
export const ROOM_PAGE = named('RoomPage', pageOf(ref(ROOM)))

const RETAINED = { state: ref(JSON_VALUE), offset: integer('The state is as of this offset, or newer.') }
export const ROOM_STATE = named('RoomState', object({ ...LISTED_FIELDS, ...RETAINED, play: optional(ref(ROOM_PLAY)) }))
/** The answer to POST: a room as it is stored, or a room with a game as searches list it. */
export const ROOM_MADE = named('RoomMade', oneOfShapes(ROOM_STATE, GAME_ROOM))
export const ROOMS_FOUND = named('RoomsFound', oneOfShapes(ROOM_PAGE, GAME_ROOM_PAGE))

/** The state that a room or a namespace retains. */
export const STATE = object(RETAINED)
export type RetainedState = ValueOf<typeof STATE>

export const JOINED_ROOM = object({
  room_id: ref(ROOM_ID),
  members: integer('How many users are in the room.'),
  state: ref(JSON_VALUE),
  offset: integer('The cursor to go on from. The state is as of this offset, or newer.'),
  // Given for a room with a game.
  game: optional(ref(ROOM_GAME)),
})
/**
 * The answer to `join`. `state` is what was last broadcast with `retain`, or null. The client gets the room's events after
 * `offset`.
 */
export type JoinedRoom = ValueOf<typeof JOINED_ROOM>

export const PRESENCE_PAGE = object({
  users: listOf(
    object({ user_id: ref(USER_ID), connections: integer('How many connections the user has, on all nodes.', 1) }),
  ),
  next_cursor: NEXT_CURSOR,
  total: integer('How many users there are in all.'),
})
/** Users sorted by id, and how many there are in all. */
export type PresencePage = ValueOf<typeof PRESENCE_PAGE>
