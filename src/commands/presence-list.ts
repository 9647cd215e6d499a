import { parseInteger } from '../domain/good.ts'
import { EVENT } from '../protocol/events.ts'
import { parseUserId, type RoomId } from '../protocol/ids.ts'
import { PRESENCE_LIMIT, type PageArgs } from '../protocol/page.ts'
import type { Command } from './command.ts'
import { parseOptionalRoom, requireMember } from './rooms.ts'

interface Args extends PageArgs {
  readonly room: RoomId | undefined
}

export const presenceList: Command<Args, 'presenceList'> = {
  eventType: EVENT.presenceList,
  about: { summary: 'The users who are in a room, or in the namespace.', errors: ['NOT_IN_ROOM'] },

  parse({ room_id, limit, cursor }, { room }) {
    return {
      room: parseOptionalRoom(room_id) ?? room,
      limit:
        limit === undefined ? PRESENCE_LIMIT.fallback : parseInteger(limit, 'payload.limit', 1, PRESENCE_LIMIT.max),
      cursor: cursor === undefined || cursor === null ? null : parseUserId(cursor, 'payload.cursor'),
    }
  },

  check({ room }, { connection }) {
    if (room !== undefined) requireMember(connection, room)
  },

  run({ room, limit, cursor }, { connection, context, span, untilMs }, done) {
    const { namespace } = connection
    const args = { namespace, room: room ?? null, limit, cursor }
    context.link.call('presence', args, done, span, untilMs, connection.number)
  },
}
