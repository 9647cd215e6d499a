import { badRequest, Refusal } from '../protocol/errors.ts'
import { EVENT } from '../protocol/events.ts'
import type { RoomId } from '../protocol/ids.ts'
import type { Command } from './command.ts'
import { requireViewer } from './rooms.ts'

export const roomSnapshot: Command<RoomId, 'roomSnapshot'> = {
  eventType: EVENT.roomSnapshot,
  about: {
    summary: 'What the connection now sees of the game of a room.',
    errors: ['NOT_IN_ROOM', 'ROOM_OVER', 'GAME_FAILED'],
  },

  parse(_payload, { room }) {
    if (room === undefined) throw badRequest('room', 'is required')
    return room
  },

  check(room, { connection, context }) {
    requireViewer(connection, room, context.games)
  },

  run(room, { connection, context, span, untilMs }, done) {
    const viewer = requireViewer(connection, room, context.games)
    context.link.call(
      'snapshot',
      { connectionId: connection.id, room },
      (result) => {
        if (result instanceof Refusal) {
          done(result)
          return
        }
        const snapshot = viewer.renewed(result)
        if (!connection.isClosed) viewer.given(result)
        done(snapshot)
      },
      span,
      untilMs,
      connection.number,
    )
  },
}
