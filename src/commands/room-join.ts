import { badRequest, Refusal } from '../protocol/errors.ts'
import { isObject } from '../protocol/envelope.ts'
import { EVENT } from '../protocol/events.ts'
import { parseRoomId, roomChannel, type RoomId } from '../protocol/ids.ts'
import { joinTopic } from '../session/topics.ts'
import type { Command } from './command.ts'

export const roomJoin: Command<RoomId> = {
  eventType: EVENT.roomJoin,

  parse({ room_id, options }) {
    if (options !== undefined && !isObject(options)) throw badRequest('payload.options', 'must be an object')
    return parseRoomId(room_id, 'payload.room_id')
  },

  run(room, { connection, context }, done) {
    const { link, fanout, limits } = context
    const isNew = !connection.rooms.has(room)
    if (isNew && connection.rooms.size >= limits.roomsPerConnectionMax) {
      throw new Refusal('ROOM_LIMIT', `a connection may be in ${limits.roomsPerConnectionMax} rooms`)
    }
    // Counted from now on, so that many joins at once do not pass the limit together.
    connection.rooms.add(room)
    link.call('join', { connectionId: connection.id, room }, (result) => {
      if (result instanceof Refusal) {
        if (isNew) connection.rooms.delete(room)
        done(result)
        return
      }
      // After what was published before the answer, before what comes behind it: the answer's offset is the cursor.
      fanout.inOrder(() => {
        if (connection.isClosed) return
        joinTopic(fanout, connection, roomChannel(connection.namespace, room))
        done({ room_id: room, ...result })
      })
    })
  },
}
