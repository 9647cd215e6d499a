import { SERVER_EVENT } from '../events.ts'
import {
  INPUT_NAME_LENGTH_MAX,
  PASSWORD_LENGTH_MAX,
  ROOM_LIST_LIMIT,
  WHERE_TERMS_MAX,
  WHERE_VALUES_MAX,
} from '../game-limits.ts'
import { GAME_NAME, USER_ID as USER_ID_FORM } from '../ids.ts'
import {
  body,
  choice,
  constant,
  flag,
  integer,
  listOf,
  named,
  NEXT_CURSOR,
  nullable,
  object,
  optional,
  pageOf,
  recordOf,
  ref,
  sent,
  text,
  TIME,
  type Schema,
  type ValueOf,
} from './build.ts'
import { CURSOR, ERROR, JSON_VALUE, KEY, NAME, NAMESPACE, ROOM_ID, USER_ID } from './values.ts'

const GAME = text('The name of a game.', { pattern: GAME_NAME.source })
const HASH = integer('A hash of the state, 32 bits.', 0, 2 ** 32 - 1)
const TICK_MS: Schema<number> = {
  type: 'number',
  minimum: 0,
  description: 'Milliseconds from tick to tick. 0: the room ticks only when something comes in.',
}

/** A seat, as everybody in the room sees it. */
const SEAT_SEEN = object({
  is_connected: flag('true: the player has a connection in the room. Always true for a bot.'),
  bot: optional(
    text(
      'The kind of bot that plays on the seat: a bot of its own, or one that stands in for an absent player. Absent if the player plays.',
    ),
  ),
})
export type SeatSeen = ValueOf<typeof SEAT_SEEN>
const SEAT_CHANGES: Schema<
  Readonly<Record<string, null | { readonly is_connected: boolean; readonly bot?: string | null }>>
> = {
  type: 'object',
  description: 'A JSON Merge Patch of `seats`. null removes the seat, or the bot that played on it.',
  additionalProperties: {
    type: ['object', 'null'],
    required: ['is_connected'],
    properties: { is_connected: { type: 'boolean' }, bot: { type: ['string', 'null'] } },
    additionalProperties: false,
  },
}
export type SeatChanges = ValueOf<typeof SEAT_CHANGES>

/** A room with a game as one connection sees it, and what it needs to follow the room from there. */
const ROOM_GAME_FIELDS = {
  name: GAME,
  version: integer('The version of the game.', 1),
  handle: integer('The number that stands for the room in binary frames.', 0, 2 ** 32 - 1),
  seat: nullable(text('The seat that the connection plays on; null if it watches.')),
  is_new_seat: optional(
    flag('true: this join took the seat, because the user had none in this room. Absent means false.'),
  ),
  tick: integer('The tick of the state. The next patch starts from it.'),
  tick_ms: TICK_MS,
  started_at: TIME,
  // Describes the state: see `TypeDescription`.
  types: ref(JSON_VALUE),
  // `type` describes the input. null: the input is JSON text in binary frames, too.
  inputs: listOf(
    object({
      name: text('The `name` that `core.game.room.input` takes.'),
      type: ref(JSON_VALUE),
      keep: choice(['all', 'latest'], 'latest: if several inputs wait for the same tick, only the newest counts.'),
    }),
  ),
  seats: recordOf(SEAT_SEEN),
  state: ref(JSON_VALUE),
  hash: HASH,
}
export const ROOM_GAME = named('RoomGame', object(ROOM_GAME_FIELDS))
export type RoomGame = ValueOf<typeof ROOM_GAME>

const PLAIN: Schema<string | number | boolean> = { type: ['string', 'number', 'boolean'] }
const TERM: Schema<
  | string
  | number
  | boolean
  | { readonly in: readonly (string | number | boolean)[] }
  | { readonly gte?: number; readonly lte?: number }
> = {
  description: 'A value, or a list of possible values, or a range.',
  anyOf: [
    PLAIN,
    {
      type: 'object',
      required: ['in'],
      properties: { in: { type: 'array', items: PLAIN, minItems: 1, maxItems: WHERE_VALUES_MAX } },
      additionalProperties: false,
    },
    {
      type: 'object',
      minProperties: 1,
      properties: { gte: { type: 'number' }, lte: { type: 'number' } },
      additionalProperties: false,
    },
  ],
}
/** A filter over the fields of a room's listing. Each field equals a value, is one of several, or is in a range. */
const WHERE = {
  ...recordOf(TERM),
  maxProperties: WHERE_TERMS_MAX,
  propertyNames: { not: { const: '__proto__' } },
} as Schema<Readonly<Record<string, ValueOf<typeof TERM>>>>
export type Where = ValueOf<typeof WHERE>
export type WhereTerm = ValueOf<typeof TERM>

export const FIND = sent({
  game: GAME,
  where: optional(WHERE),
  options: optional(sent({})),
  stay: optional(flag('true: rooms of other nodes are left out, so the answer is never MOVED.')),
})

export const LIST = sent({
  game: GAME,
  where: optional(WHERE),
  limit: optional(integer(`${ROOM_LIST_LIMIT.fallback} if it is absent.`, 1, ROOM_LIST_LIMIT.max)),
  cursor: optional(nullable(ref(CURSOR))),
})

const LISTED_ROOM_FIELDS = {
  room_id: ref(ROOM_ID),
  game: GAME,
  seats: integer('How many seats are taken.'),
  bots: integer('How many of them bots have taken.'),
  seats_free: integer('How many players can still join. Bots that only fill a room give way to them.'),
  seats_max: integer('How many seats the room has.'),
  is_locked: flag('true: nobody else can join.'),
  listing: ref(JSON_VALUE),
}
const LISTED_ROOM = object(LISTED_ROOM_FIELDS)
/** A listed room as REST gives it. */
export const GAME_ROOM = named('GameRoom', object({ ...LISTED_ROOM_FIELDS, namespace: ref(NAMESPACE) }))
export const GAME_ROOM_PAGE = named('GameRoomPage', pageOf(ref(GAME_ROOM)))
export type ListedRoom = ValueOf<typeof LISTED_ROOM>
export const ROOM_LIST = object({ rooms: listOf(LISTED_ROOM), next_cursor: NEXT_CURSOR })

export const AS = choice(['player', 'spectator'], 'player: takes a seat. spectator: watches.')
export const PASSWORD = text("The room's password, if it has one.", { minLength: 1, maxLength: PASSWORD_LENGTH_MAX })

export const INPUT = sent({
  name: text('The name of the input.', { minLength: 1, maxLength: INPUT_NAME_LENGTH_MAX }),
  input: ref(JSON_VALUE),
  seq: optional(
    integer("The client's own number for the input. `acks` of patches name the highest one that was handled."),
  ),
})
export const INPUT_DONE = object({
  tick: integer('The tick that handled it.'),
  value: optional(ref(JSON_VALUE)),
})

const EVENTS_OF_PATCH: Schema<readonly (readonly JsonOf[])[]> = {
  type: 'array',
  description: 'The events of this tick, each as [name, data].',
  items: { type: 'array', items: ref(JSON_VALUE), minItems: 2, maxItems: 2 },
}
type JsonOf = ValueOf<typeof JSON_VALUE>

/** What a patch carries. A patch is not an event of the log: a host makes one frame for all who see the same state. */
export const PATCH = object({
  eventType: constant(SERVER_EVENT.patch),
  room: ref(ROOM_ID),
  tick: integer('The tick of the state after this patch.'),
  base: integer('The tick of the state that this patch applies to. It fits no other.'),
  acks: optional(recordOf(integer('The highest `seq` of this seat that was handled.'))),
  // A JSON Merge Patch (RFC 7396).
  changes: ref(JSON_VALUE),
  events: optional(EVENTS_OF_PATCH),
  hash: optional(HASH),
  seats: optional(SEAT_CHANGES),
})
export type PatchFrame = ValueOf<typeof PATCH>

/** Only `over` is logged. The others are sent to the connections that are in the room. */
export const STATUS = object({
  status: choice(['paused', 'running', 'restarted', 'moved', 'left', 'over']),
  // Given for `over`, whose envelope names the room, too.
  room: optional(ref(ROOM_ID)),
  tick: optional(integer("The room's current tick.")),
  result: optional(ref(JSON_VALUE)),
  why: optional(text('Given for left and over: the reason.')),
  url: optional(text('Given for moved: where the room is now.')),
})
export type RoomStatus = ValueOf<typeof STATUS>

export const SAID = object({ room: ref(ROOM_ID), data: ref(JSON_VALUE) })
/** A message of a game. */
export type GameMessage = ValueOf<typeof SAID>

export const REWARD = object({
  room: ref(ROOM_ID),
  currency: ref(NAME),
  amount: integer("In the currency's smallest unit.", 1),
  balance: integer('How much the player now has of that currency.'),
})
/** What a match has paid to a player. */
export type Reward = ValueOf<typeof REWARD>

const LATENESS_MS: Schema<number> = { type: 'number', minimum: 0, description: 'How late the tick was.' }

/** A room with a game, as the server's operators see it. */
export const ROOM_PLAY = named(
  'RoomPlay',
  object({
    game: GAME,
    version: integer('The version of the game.', 1),
    host: nullable(integer('The id of the host process that runs the room; null while it is being moved.')),
    tick: integer('The last tick that has run.'),
    lateness_ms: LATENESS_MS,
    seats: listOf(
      object({
        user_id: text('The id of a user or a bot.'),
        is_connected: flag('true: the user has a connection in the room.'),
        bot: nullable(text('The kind of bot; null for a player.')),
        fills: flag('true: a bot that gives way when a player joins.'),
        stand_in: nullable(text('The kind of bot that plays while the player is away; null if none does.')),
        team: nullable(text('The team that the game has set.')),
        held_until: nullable({
          ...TIME,
          description: 'When an absent player loses the seat; null while the player is here.',
        }),
      }),
    ),
    seats_free: integer('How many players can still join.'),
    seats_max: integer('How many seats the room has.'),
    spectators: integer('How many connections watch.'),
    is_locked: flag('true: nobody else can join.'),
    listing: ref(JSON_VALUE),
    state: ref(JSON_VALUE),
  }),
)

export const ROOM_ENTRIES = named(
  'RoomEntries',
  object({
    items: listOf(
      object({
        number: integer(
          'The number of the entry in its room. It starts from 1 again when the room moves to another host.',
        ),
        at: TIME,
        tick: integer(
          'The tick in which it came into the room. For an input that was refused before that: the last tick at that time.',
        ),
        kind: choice([
          'join',
          'drop',
          'back',
          'leave',
          'input',
          'bought',
          'task',
          'failed-task',
          'bot',
          'moved',
          'returned',
          'end',
        ]),
        user_id: nullable(text('The user that the entry is about; null if it is about none.')),
        name: nullable(
          text('The name of the input, good, task or kind of bot. Or the reason why a seat or the room ended.'),
        ),
        data: ref(JSON_VALUE),
        error: nullable(ref(ERROR)),
      }),
    ),
  }),
)

export const GAMES = named(
  'Games',
  object({
    items: listOf(
      object({
        name: GAME,
        version: integer('The version of the game.', 1),
        hz: integer('Ticks per second. 0: the room ticks only when something comes in.'),
        seats: object({
          min: integer('How many players a match needs.'),
          max: integer('How many seats a room has.'),
          hold_ms: integer('For how long a player who has lost the connection keeps the seat.'),
          late_join: flag('true: players can take seats after the match has begun.'),
          spectators: flag('true: users may watch.'),
          guests: flag('true: guests may play.'),
          fill: nullable(
            object({
              after_ms: integer('For how long players wait before bots come.'),
              bot: text('The kind of bot that then takes seats.'),
              to: integer('How many seats are taken after that.'),
            }),
          ),
          stand_in: nullable(text('The kind of bot that plays for an absent player.')),
        }),
        max_ms: nullable(integer('How long a room may last; null: as ROOM_GAME_MAX says.')),
        record: flag('true: its rooms are recorded, unless the maker of a room says otherwise.'),
        // Describes the options of a room: see `TypeDescription`. null: they may be anything, or only the game can check them.
        options: ref(JSON_VALUE),
        inputs: listOf(text('The name of an input.')),
        events: listOf(text('The name of an event.')),
        bots: listOf(text('A kind of bot.')),
        page: nullable(text('The path of a page where one can play it; null if this server has none.')),
        failures: listOf(
          object({
            at: TIME,
            room_id: ref(ROOM_ID),
            callback: text('The callback that failed: on.fire, tick, view.'),
            tick: integer('The tick in which it failed.'),
            message: text('The message of the error that was thrown.'),
            place: nullable(
              text(
                "The place in the author's files, such as arena.ts:12:5. null if it is not known, for example if a state does not fit its type.",
              ),
            ),
            trace_id: text('The id of this failure in the log, and in the answer that the player got.'),
          }),
        ),
        now: object({
          rooms: integer('How many rooms play it.'),
          players: integer('How many users have a seat in one of them.'),
          bots: integer('How many seats bots have.'),
        }),
      }),
    ),
  }),
)

export const INPUT_BODY = named(
  'InputBody',
  body({
    user_id: ref(USER_ID),
    name: text('The name of the input.', { minLength: 1, maxLength: INPUT_NAME_LENGTH_MAX }),
    input: ref(JSON_VALUE),
  }),
)
const HOST_ID = integer('The id of a host process, as `GET /api/v1/rooms/:id/play` gives it.', 1)
export const MOVE_BODY = named(
  'MoveBody',
  body({
    host: optional({
      ...HOST_ID,
      description: 'The host that the room moves to. By default the least busy of the other hosts.',
    }),
  }),
)
export const ROOM_MOVED = named(
  'RoomMoved',
  object({ host: HOST_ID, tick: integer('The last tick that is in the journal.') }),
)
export const GAME_SWAPPED = named(
  'GameSwapped',
  object({
    game: GAME,
    version_before: integer('The version that was in force before.', 1),
    version: integer('The version that is in force now.', 1),
    is_changed: flag('true: the file of the game, or one that it imports, has other contents than before.'),
    rooms_swapped: integer('How many rooms run what was loaded.'),
    rooms_stayed: integer('How many rooms do not, because their host died meanwhile. They do when they go on.'),
  }),
)
export type GameSwapped = ValueOf<typeof GAME_SWAPPED>
const BOT_KIND = text('A kind of bot that the game has.', { minLength: 1, maxLength: INPUT_NAME_LENGTH_MAX })
const BOT_SEAT = text("The id of a bot's seat.", { pattern: USER_ID_FORM.source })
export const BOT_BODY = named('BotBody', body({ bot: BOT_KIND, idempotency_key: optional(KEY) }))
export const BOT_ADDED = named(
  'BotAdded',
  object({ user_id: BOT_SEAT, bot: BOT_KIND, tick: integer('The tick in which it took the seat.') }),
)
export const BOT_SEAT_SHAPE = named('BotSeat', BOT_SEAT)
export const INPUT_ANSWER = named('InputAnswer', INPUT_DONE)
export const GAME_NAME_SHAPE = named('GameName', GAME)
export const WHERE_TEXT = named(
  'WhereText',
  text('JSON: an object of fields of the listing. Each is a value, { "in": [...] } or { "gte": 1, "lte": 4 }.'),
)
