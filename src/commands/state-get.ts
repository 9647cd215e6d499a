import { EVENT } from '../protocol/events.ts'
import type { RoomId } from '../protocol/ids.ts'
import type { Command } from './command.ts'
import { channelOf, parseOptionalRoom } from './rooms.ts'

export const stateGet: Command<RoomId | undefined, 'stateGet'> = {
  eventType: EVENT.stateGet,
  about: { summary: 'The retained state of a room, or of the namespace.', errors: ['NOT_IN_ROOM'] },

  parse({ room_id }, { room }) {
    return parseOptionalRoom(room_id) ?? room
  },

  run(room, { connection, context, span, untilMs }, done) {
    context.link.call('state', { channel: channelOf(connection, room) }, done, span, untilMs)
  },
}
