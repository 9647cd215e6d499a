import { parseInteger } from '../domain/good.ts'
import { Refusal } from '../protocol/errors.ts'
import { EVENT } from '../protocol/events.ts'
import { parseUserId, type RoomId } from '../protocol/ids.ts'
import type { PageArgs } from '../protocol/page.ts'
import type { Command } from './command.ts'
import { parseOptionalRoom, requireMember } from './rooms.ts'

const LIMIT_DEFAULT = 100
const LIMIT_MAX = 200

interface Args extends PageArgs {
  readonly room: RoomId | undefined
}

export const presenceList: Command<Args> = {
  eventType: EVENT.presenceList,

  parse({ room_id, limit, cursor }, { room }) {
    return {
      room: parseOptionalRoom(room_id) ?? room,
      limit: limit === undefined ? LIMIT_DEFAULT : parseInteger(limit, 'payload.limit', 1, LIMIT_MAX),
      cursor: cursor === undefined || cursor === null ? null : parseUserId(cursor, 'payload.cursor'),
    }
  },

  run({ room, limit, cursor }, { connection, context }, done) {
    if (room !== undefined) requireMember(connection, room)
    const { namespace } = connection
    context.link.call('presence', { namespace, room: room ?? null, limit, cursor }, (result) => {
      done(result instanceof Refusal ? result : { ...result, users: result.users.map((user) => ({ ...user })) })
    })
  },
}
