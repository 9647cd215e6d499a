import { Refusal } from '../protocol/errors.ts'
import { EVENT } from '../protocol/events.ts'
import { parseAs, parseOptions, parsePassword } from '../protocol/game-payloads.ts'
import { parseRoomId, type RoomId } from '../protocol/ids.ts'
import { patchEncoding } from '../session/games/viewer.ts'
import type { Command } from './command.ts'
import { enterRoom, takePlace } from './enter-room.ts'

interface Args {
  readonly room: RoomId
  readonly as: 'player' | 'spectator'
  readonly password: string | null
}

export const roomJoin: Command<Args, 'roomJoin'> = {
  eventType: EVENT.roomJoin,
  about: {
    summary:
      'Joins a room. In the namespace of players, a room that does not exist is made. In a room with a game, the game decides.',
    errors: [
      'ROOM_NOT_FOUND',
      'ROOM_FULL',
      'ROOM_LIMIT',
      'ROOM_LOCKED',
      'ROOM_OVER',
      'REFUSED',
      'GAME_FAILED',
      'MOVED',
    ],
    event: 'JoinedEvent',
  },

  parse({ room_id, options, as, password }) {
    parseOptions(options, 'payload.options')
    return {
      room: parseRoomId(room_id, 'payload.room_id'),
      as: parseAs(as, 'payload.as'),
      password: parsePassword(password, 'payload.password'),
    }
  },

  run({ room, as, password }, call, done) {
    const { connection, context, span, untilMs } = call
    if (!connection.rooms.has(room)) takePlace(call)
    const args = { connectionId: connection.id, room, as, password, encoding: patchEncoding(connection) }
    context.link.call(
      'join',
      args,
      (result) => {
        if (result instanceof Refusal) done(result)
        else enterRoom(call, result, done)
      },
      span,
      untilMs,
      connection.number,
    )
  },
}
