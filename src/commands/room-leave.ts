import { Refusal } from '../protocol/errors.ts'
import { EVENT } from '../protocol/events.ts'
import { parseRoomId, roomChannel, type RoomId } from '../protocol/ids.ts'
import { leaveTopic } from '../session/topics.ts'
import type { Command } from './command.ts'
import { requireMember } from './rooms.ts'

export const roomLeave: Command<RoomId, 'roomLeave'> = {
  eventType: EVENT.roomLeave,
  about: { summary: 'Leaves a room.', errors: ['NOT_IN_ROOM'], event: 'LeftEvent' },

  parse({ room_id }) {
    return parseRoomId(room_id, 'payload.room_id')
  },

  run(room, call, done) {
    const { connection, context, span } = call
    requireMember(connection, room)
    const { link, fanout, games } = context
    const left = (result: null | Refusal) => {
      if (connection.isClosed) {
        done({}) // nobody waits for the reply
        return
      }
      connection.rooms.delete(room)
      games.leave(connection, room)
      const channel = roomChannel(connection.namespace, room)
      leaveTopic(fanout, connection, channel)
      connection.lag?.left(channel)
      done(result instanceof Refusal ? result : {})
    }
    call.whenLate = () => left(null)
    // It has no deadline. If the primary refused it as too late, the connection would stay in the room there, with its seat.
    link.call('leave', { connectionId: connection.id, room }, left, span, undefined, connection.number)
  },
}
