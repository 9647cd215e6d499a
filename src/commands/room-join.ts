import type { JoinResult } from '../link/methods/rooms.ts'
import { badRequest, Refusal } from '../protocol/errors.ts'
import { isObject } from '../protocol/envelope.ts'
import { EVENT } from '../protocol/events.ts'
import { parseRoomId, roomChannel, type RoomId } from '../protocol/ids.ts'
import { joinTopic } from '../session/topics.ts'
import type { Command } from './command.ts'

export const roomJoin: Command<RoomId, 'roomJoin'> = {
  eventType: EVENT.roomJoin,
  about: {
    summary: 'Joins a room; in the namespace of players one that does not exist is made.',
    errors: ['ROOM_NOT_FOUND', 'ROOM_FULL', 'ROOM_LIMIT'],
    event: 'JoinedEvent',
  },

  parse({ room_id, options }) {
    if (options !== undefined && !isObject(options)) throw badRequest('payload.options', 'must be an object')
    return parseRoomId(room_id, 'payload.room_id')
  },

  run(room, { connection, context, span, untilMs }, done) {
    const { link, fanout, limits } = context
    if (!connection.rooms.has(room) && connection.rooms.size >= limits.roomsPerConnectionMax) {
      throw new Refusal('ROOM_LIMIT', `a connection may be in ${limits.roomsPerConnectionMax} rooms`)
    }
    const joined = (result: JoinResult | Refusal) => {
      if (result instanceof Refusal) {
        done(result)
        return
      }
      // A connection that is closed meanwhile is told nothing, and has left its rooms.
      if (!connection.isClosed) connection.rooms.add(room)
      // After what was published before the answer, before what comes behind it: the answer's offset is the cursor.
      done({ room_id: room, ...result })
      if (!connection.isClosed) joinTopic(fanout, connection, roomChannel(connection.namespace, room))
    }
    link.call(
      'join',
      { connectionId: connection.id, room, as: 'player', password: null, encoding: 'json' },
      joined,
      span,
      untilMs,
    )
  },
}
