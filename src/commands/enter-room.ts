import type { GameEntry, JoinResult } from '../link/methods/rooms.ts'
import { Refusal } from '../protocol/errors.ts'
import { roomChannel } from '../protocol/ids.ts'
import type { DataOf } from '../protocol/shapes/commands.ts'
import { toRoomGame } from '../session/games/viewer.ts'
import { withState } from '../session/state-reply.ts'
import { joinTopic } from '../session/topics.ts'
import type { CommandCall, Done } from './command.ts'
import { requireShare } from './share.ts'
import { lateRefusal } from './unanswered.ts'

/**
 * Counts one more room. Throws ROOM_LIMIT if the connection is in as many rooms as it may be, RATE_LIMITED if its user joins too
 * many.
 */
export function takePlace(call: CommandCall): void {
  const { connection } = call
  const { roomsPerConnectionMax } = call.context.limits
  if (connection.rooms.size >= roomsPerConnectionMax) {
    throw new Refusal('ROOM_LIMIT', `a connection may be in at most ${roomsPerConnectionMax} rooms`)
  }
  requireShare(call, connection.share.join())
}

/**
 * Completes a join: the primary has let the connection into the room. Call this while handling the primary's answer, because what
 * the link brings after it is for the connection.
 */
export function enterRoom(
  { connection, context, isAnswered }: Pick<CommandCall, 'connection' | 'context' | 'isAnswered'>,
  { state, game, ...joined }: JoinResult & { readonly game?: GameEntry },
  done: Done<DataOf<'roomJoin'>>,
): void {
  const { fanout, games, link } = context
  const room = joined.room_id
  // The client was told some time ago that nothing was done.
  if (isAnswered && !connection.rooms.has(room)) link.call('leave', { connectionId: connection.id, room }, () => {})
  if (isAnswered) {
    done(lateRefusal(false))
    return
  }
  const told = game && { game: { ...toRoomGame(game, game), ...(game.isNewSeat && { is_new_seat: true }) } }
  // If the connection has closed meanwhile, it is told nothing, and has left its rooms.
  if (!connection.isClosed) {
    connection.rooms.add(room)
    joinTopic(fanout, connection, roomChannel(connection.namespace, room))
    if (game !== undefined) games.enter(connection, room, game)
  }
  // Nothing was sent so far, so the answer comes before all events of the room, and its offset is the cursor.
  done(withState({ ...joined, ...told }, state))
}
