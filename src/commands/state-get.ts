import type { StoredState } from '../link/methods/rooms.ts'
import { Refusal } from '../protocol/errors.ts'
import { EVENT } from '../protocol/events.ts'
import type { RoomId } from '../protocol/ids.ts'
import { withState } from '../session/state-reply.ts'
import type { Command } from './command.ts'
import { channelOf, parseOptionalRoom } from './rooms.ts'

export const stateGet: Command<RoomId | undefined, 'stateGet'> = {
  eventType: EVENT.stateGet,
  about: { summary: 'The retained state of a room, or of the namespace.', errors: ['NOT_IN_ROOM'] },

  parse({ room_id }, { room }) {
    return parseOptionalRoom(room_id) ?? room
  },

  check(room, { connection }) {
    channelOf(connection, room)
  },

  run(room, { connection, context, span, untilMs }, done) {
    const told = (result: StoredState | Refusal) => {
      if (result instanceof Refusal) done(result)
      else done(withState({ offset: result.offset }, result.state))
    }
    const channel = channelOf(connection, room)
    // A traced read is a step of its own request, so it is not shared.
    if (span === undefined) context.stateReads.read(channel, told, untilMs)
    else context.link.call('state', { channel }, told, span, untilMs, connection.number)
  },
}
