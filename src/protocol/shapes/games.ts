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
const HASH = integer('Of the state: 32 bits.', 0, 2 ** 32 - 1)
const TICK_MS: Schema<number> = {
  type: 'number',
  minimum: 0,
  description: 'Milliseconds from tick to tick. 0: a tick is when something comes in.',
}

/** A seat, as everybody sees it who is in the room. */
const SEAT_SEEN = object({
  is_connected: flag('Some connection of the player is there; of a bot always.'),
  bot: optional(
    text(
      'The kind of bot that plays on it: its own, or one that stands in while the player is gone. Absent: the player does.',
    ),
  ),
})
export type SeatSeen = ValueOf<typeof SEAT_SEEN>
const SEAT_CHANGES: Schema<
  Readonly<Record<string, null | { readonly is_connected: boolean; readonly bot?: string | null }>>
> = {
  type: 'object',
  description: 'A JSON Merge Patch of `seats`: null is a seat that is no more, or a bot that plays no more.',
  additionalProperties: {
    type: ['object', 'null'],
    required: ['is_connected'],
    properties: { is_connected: { type: 'boolean' }, bot: { type: ['string', 'null'] } },
    additionalProperties: false,
  },
}
export type SeatChanges = ValueOf<typeof SEAT_CHANGES>

/** What a connection sees of a room with a game, and what it has to know to go on from there. */
const ROOM_GAME_FIELDS = {
  name: GAME,
  version: integer('Of the game.', 1),
  handle: integer('The room in binary frames.', 0, 2 ** 32 - 1),
  seat: nullable(text('The seat that the connection plays on. null: it watches.')),
  is_new_seat: optional(flag('Of a join that took the seat, as the user had none in this room. Absent: false.')),
  tick: integer('The state is as of this tick, and the next patch starts from it.'),
  tick_ms: TICK_MS,
  started_at: TIME,
  // A description of the state: see `TypeDescription`.
  types: ref(JSON_VALUE),
  // `type` is a description, or null if the input is JSON text in binary frames, too.
  inputs: listOf(
    object({
      name: text('As in `core.game.room.input`.'),
      type: ref(JSON_VALUE),
      keep: choice(['all', 'latest'], 'latest: of those that wait for the same tick only the newest counts.'),
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
  description: 'A value; or one of several; or from, to, or both.',
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
/** Fields of a room's listing: equal to a value, one of several, or between two numbers. */
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
})

export const LIST = sent({
  game: GAME,
  where: optional(WHERE),
  limit: optional(integer(`${ROOM_LIST_LIMIT.fallback} where it is absent.`, 1, ROOM_LIST_LIMIT.max)),
  cursor: optional(nullable(ref(CURSOR))),
})

const LISTED_ROOM_FIELDS = {
  room_id: ref(ROOM_ID),
  game: GAME,
  seats: integer('That are taken.'),
  bots: integer('How many of them are taken by bots.'),
  seats_free: integer('How many players may still come: bots that fill a room up give way to them.'),
  seats_max: integer('How many there are.'),
  is_locked: flag('Nobody else gets in.'),
  listing: ref(JSON_VALUE),
}
const LISTED_ROOM = object(LISTED_ROOM_FIELDS)
/** The same as REST gives it. */
export const GAME_ROOM = named('GameRoom', object({ ...LISTED_ROOM_FIELDS, namespace: ref(NAMESPACE) }))
export const GAME_ROOM_PAGE = named('GameRoomPage', pageOf(ref(GAME_ROOM)))
export type ListedRoom = ValueOf<typeof LISTED_ROOM>
export const ROOM_LIST = object({ rooms: listOf(LISTED_ROOM), next_cursor: NEXT_CURSOR })

export const AS = choice(['player', 'spectator'], 'player: for a seat. spectator: to watch.')
export const PASSWORD = text('Of a room that wants one.', { minLength: 1, maxLength: PASSWORD_LENGTH_MAX })

export const INPUT = sent({
  name: text('Of the input.', { minLength: 1, maxLength: INPUT_NAME_LENGTH_MAX }),
  input: ref(JSON_VALUE),
  seq: optional(integer("The client's own count: `acks` of patches name the highest that was handled.")),
})
export const INPUT_DONE = object({
  tick: integer('In which it was handled.'),
  value: optional(ref(JSON_VALUE)),
})

const EVENTS_OF_PATCH: Schema<readonly (readonly JsonOf[])[]> = {
  type: 'array',
  description: 'What happened, as [name, data].',
  items: { type: 'array', items: ref(JSON_VALUE), minItems: 2, maxItems: 2 },
}
type JsonOf = ValueOf<typeof JSON_VALUE>

/** A frame of its own form: it is made by a host for all that see the same. */
export const PATCH = object({
  eventType: constant(SERVER_EVENT.patch),
  room: ref(ROOM_ID),
  tick: integer('The state is as of here then.'),
  base: integer('The patch fits a state as of here, and no other.'),
  acks: optional(recordOf(integer('The highest `seq` of the seat that was handled.'))),
  // A JSON Merge Patch (RFC 7396).
  changes: ref(JSON_VALUE),
  events: optional(EVENTS_OF_PATCH),
  hash: optional(HASH),
  seats: optional(SEAT_CHANGES),
})
export type PatchFrame = ValueOf<typeof PATCH>

/** `over` stands in the log; the rest is told to those who are there. */
export const STATUS = object({
  status: choice(['paused', 'running', 'restarted', 'moved', 'left', 'over']),
  // Of `over`; it stands in the envelope as well.
  room: optional(ref(ROOM_ID)),
  tick: optional(integer('Where the room is.')),
  result: optional(ref(JSON_VALUE)),
  why: optional(text('Of left and over.')),
  url: optional(text('Of moved: where the room is now.')),
})
export type RoomStatus = ValueOf<typeof STATUS>

export const SAID = object({ room: ref(ROOM_ID), data: ref(JSON_VALUE) })
/** What a game says. */
export type GameMessage = ValueOf<typeof SAID>

export const REWARD = object({
  room: ref(ROOM_ID),
  currency: ref(NAME),
  amount: integer("In the currency's smallest unit.", 1),
  balance: integer('What the player has of that currency now.'),
})
/** What the match of a room has paid to a player. */
export type Reward = ValueOf<typeof REWARD>

const LATENESS_MS: Schema<number> = { type: 'number', minimum: 0, description: 'How late it was.' }

/** A room with a game, as those who run the server see it. */
export const ROOM_PLAY = named(
  'RoomPlay',
  object({
    game: GAME,
    version: integer('Of the game.', 1),
    host: nullable(integer('The host process that runs it; null while it is moved.')),
    tick: integer('The last one that has run.'),
    lateness_ms: LATENESS_MS,
    seats: listOf(
      object({
        user_id: text('A user, or a bot.'),
        is_connected: flag('Some connection of the user is there.'),
        bot: nullable(text('The kind of bot; null: a player.')),
        fills: flag('It is a bot that gives way to a player who comes.'),
        stand_in: nullable(text('The kind of bot that plays while the player is gone; null: none does.')),
        team: nullable(text('As the game has set it.')),
        held_until: nullable({
          ...TIME,
          description: 'When the seat of a player who is gone ends; null: the player is here.',
        }),
      }),
    ),
    seats_free: integer('How many players may still come.'),
    seats_max: integer('How many there are.'),
    spectators: integer('Connections that watch.'),
    is_locked: flag('Nobody else gets in.'),
    listing: ref(JSON_VALUE),
    state: ref(JSON_VALUE),
  }),
)

export const ROOM_ENTRIES = named(
  'RoomEntries',
  object({
    items: listOf(
      object({
        number: integer('Counts the entries of the room; from 1 again when the room goes on in another host.'),
        at: TIME,
        tick: integer('In which it entered. Of an input that was refused before: the last one by then.'),
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
          'end',
        ]),
        user_id: nullable(text('Of whom it is; null: of nobody.')),
        name: nullable(text('Of an input, a good, a task or a kind of bot; or why a seat or the room ends.')),
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
        version: integer('Of the game.', 1),
        hz: integer('Ticks a second. 0: a tick is when something comes in.'),
        seats: object({
          min: integer('Players that it takes.'),
          max: integer('Seats of a room.'),
          hold_ms: integer('How long a seat is kept for a player who has lost the connection.'),
          late_join: flag('A seat can be taken when the match has begun.'),
          spectators: flag('Others may watch.'),
          guests: flag('Guests may play.'),
          fill: nullable(
            object({
              after_ms: integer('How long players wait for others.'),
              bot: text('The kind of bot that comes then.'),
              to: integer('How many seats are taken then.'),
            }),
          ),
          stand_in: nullable(text('The kind of bot that plays for a player who is gone.')),
        }),
        max_ms: nullable(integer('How long a room may last; null: ROOM_GAME_MAX.')),
        // A description of what a room is made with: see `TypeDescription`. null: anything, or only the game knows.
        options: ref(JSON_VALUE),
        inputs: listOf(text('The name of an input.')),
        events: listOf(text('The name of an event.')),
        bots: listOf(text('A kind of bot.')),
        page: nullable(text('The path of a page where it is played; null: this server has none.')),
        failures: listOf(
          object({
            at: TIME,
            room_id: ref(ROOM_ID),
            callback: text('What failed, as the game names it: on.fire, tick, view.'),
            tick: integer('In which it failed.'),
            message: text('What was thrown.'),
            place: nullable(
              text(
                "Where in the author's files, as arena.ts:12:5; null: not known, as of a state that does not fit its type.",
              ),
            ),
            trace_id: text('Stands in the log, and in what the player was answered.'),
          }),
        ),
        now: object({
          rooms: integer('Rooms that play it.'),
          players: integer('Users who have a seat in one.'),
          bots: integer('Seats that bots have.'),
        }),
      }),
    ),
  }),
)

export const INPUT_BODY = named(
  'InputBody',
  body({
    user_id: ref(USER_ID),
    name: text('Of the input.', { minLength: 1, maxLength: INPUT_NAME_LENGTH_MAX }),
    input: ref(JSON_VALUE),
  }),
)
const HOST_ID = integer('The id of a host process, as `GET /api/v1/rooms/:id/play` has it.', 1)
export const MOVE_BODY = named(
  'MoveBody',
  body({
    host: optional({
      ...HOST_ID,
      description: 'Where the room goes; by default to the least busy of the other hosts.',
    }),
  }),
)
export const ROOM_MOVED = named(
  'RoomMoved',
  object({ host: HOST_ID, tick: integer('The last one that is in the journal.') }),
)
const BOT_KIND = text('A kind of bot, as its game names it.', { minLength: 1, maxLength: INPUT_NAME_LENGTH_MAX })
const BOT_SEAT = text('The seat of a bot.', { pattern: USER_ID_FORM.source })
export const BOT_BODY = named('BotBody', body({ bot: BOT_KIND, idempotency_key: optional(KEY) }))
export const BOT_ADDED = named(
  'BotAdded',
  object({ user_id: BOT_SEAT, bot: BOT_KIND, tick: integer('In which it took the seat.') }),
)
export const BOT_SEAT_SHAPE = named('BotSeat', BOT_SEAT)
export const INPUT_ANSWER = named('InputAnswer', INPUT_DONE)
export const GAME_NAME_SHAPE = named('GameName', GAME)
export const WHERE_TEXT = named(
  'WhereText',
  text('JSON: an object of fields of the listing, each equal to a value, { "in": [...] } or { "gte": 1, "lte": 4 }.'),
)
