import type { EVENT } from '../protocol/events.ts'
import { PRESENCE_LIMIT } from '../protocol/page.ts'
import { integer, listOf, nullable, object, ref, sent, text, TIME, type Schema } from './build.ts'
import type { SchemaLimits } from './limits.ts'
import {
  BROADCAST,
  BROADCAST_OPTIONAL,
  BROADCAST_RULE,
  MESSAGE,
  MESSAGE_OPTIONAL,
  MESSAGE_RULE,
  KEYED,
} from './values.ts'

export type CommandName = keyof typeof EVENT

export interface CommandSchemas {
  /** Of the request. */
  readonly payload: Schema
  /** Of its reply. */
  readonly data: Schema
  /** The request has to name a room. */
  readonly needsRoom?: true
}

const OFFSET = integer(
  "The event's place in the log. 0, only where a key is used again: it is there, and nobody knows where.",
)
const ROOM_OR_NONE = nullable(ref('RoomId'))

/** What is asked and answered, by the names of EVENT. */
export function commands({ buyCountMax }: SchemaLimits): Readonly<Record<CommandName, CommandSchemas>> {
  return {
    broadcast: {
      payload: sent(BROADCAST, { optional: BROADCAST_OPTIONAL, ...BROADCAST_RULE }),
      data: object({ offset: OFFSET }),
    },
    sendMessage: {
      payload: sent(MESSAGE, { optional: MESSAGE_OPTIONAL, ...MESSAGE_RULE }),
      data: object({ offset: OFFSET, delivered: integer('Connections of that user, on any node.') }),
    },
    buyGood: {
      payload: sent(
        {
          good_id: ref('Name'),
          count: integer('At most BUY_MAX_COUNT.', 1, buyCountMax),
          expected_price: integer('Of one: PRICE_CHANGED where it is another.'),
          ...KEYED,
        },
        { optional: ['expected_price', 'idempotency_key'] },
      ),
      data: ref('Receipt'),
    },
    roomJoin: {
      payload: sent({ room_id: ref('RoomId'), options: sent({}) }, { optional: ['options'] }),
      data: object({
        room_id: ref('RoomId'),
        members: integer('Users in the room.'),
        state: ref('JsonValue'),
        offset: integer('Where to go on from: the state is as of here, or newer.'),
      }),
    },
    roomLeave: { payload: sent({ room_id: ref('RoomId') }), data: ref('Empty') },
    roomInput: { payload: sent({ input: ref('JsonValue') }), data: object({}), needsRoom: true },
    stateGet: {
      payload: sent({ room_id: ROOM_OR_NONE }, { optional: ['room_id'] }),
      data: object({ state: ref('JsonValue'), offset: integer('The state is as of here, or newer.') }),
    },
    presenceList: {
      payload: sent(
        {
          room_id: ROOM_OR_NONE,
          limit: integer(`${PRESENCE_LIMIT.fallback} where it is absent.`, 1, PRESENCE_LIMIT.max),
          cursor: nullable(ref('UserId')),
        },
        { optional: ['room_id', 'limit', 'cursor'] },
      ),
      data: object({
        users: listOf(object({ user_id: ref('UserId'), connections: integer('On any node.', 1) })),
        next_cursor: nullable(text('For the next page; null: this was the last.')),
        total: integer('Users.'),
      }),
    },
    sessionRefresh: { payload: sent({ token: text('A JWT of the same `sub`.') }), data: object({ expires_at: TIME }) },
    sessionPing: { payload: sent({}), data: object({ server_time: TIME }) },
  }
}
