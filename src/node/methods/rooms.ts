import type { Handlers } from '../../link/link.ts'
import type { RoomMethods } from '../../link/methods/rooms.ts'
import { answerAfter, answerWith, changeInTime, readInTime } from '../answer.ts'
import type { RoomId } from '../../protocol/ids.ts'
import type { PrimaryContext } from '../context.ts'

type Needs = Pick<PrimaryContext, 'roomService' | 'games' | 'owners' | 'cluster' | 'directory' | 'clock'>

export function roomMethods(context: Needs): Handlers<RoomMethods> {
  const { roomService, games, owners, cluster, directory, clock } = context
  /** The game of a room ends first, so that its members are told the result. */
  const remove = async (room: RoomId, ifTag: string | null, untilMs?: number): Promise<null> => {
    const placed = games.rooms.get(room)
    if (await games.returns.discard(room)) return null
    if (!placed) {
      owners.requireHere(room)
      return roomService.delete(room, ifTag)
    }
    await games.endings.end(placed, untilMs)
    return null
  }
  const beginJoin = (connectionId: string, room: RoomId) => roomService.beginJoin(connectionId, room)
  const beginInCluster: typeof beginJoin = async (connectionId, room) => {
    // Another node may have made the room a moment ago.
    if (games.entrances.owns(room) && !directory.has(room)) await owners.catchUp()
    owners.requireHere(room)
    return beginJoin(connectionId, room)
  }
  const begin = cluster.isAlone ? beginJoin : beginInCluster
  return {
    join(args, reply, _span, untilMs) {
      const { connectionId, room } = args
      const { rooms } = games
      if (rooms.get(room) !== undefined || rooms.ended.has(room) || rooms.waiting.has(room)) {
        games.entrances.join(args, reply, untilMs)
        return
      }
      answerAfter(readInTime(clock, begin(connectionId, room), untilMs), reply, (join) => join())
    },

    leave({ connectionId, room }, reply) {
      roomService.leave(connectionId, room)
      reply(null)
    },

    state: ({ channel }, reply, _span, untilMs) =>
      answerWith(readInTime(clock, roomService.state(channel), untilMs), reply),
    presence: ({ namespace, room, ...page }, reply) => reply(roomService.users(namespace, room, page)),

    roomPut: (put, reply, _span, untilMs) => answerWith(changeInTime(clock, roomService.put(put), untilMs), reply),
    roomList: (page, reply) => reply(roomService.list(page)),
    roomGet({ room }, reply, _span, untilMs) {
      owners.requireHere(room)
      answerWith(readInTime(clock, roomService.get(room), untilMs), reply)
    },
    roomDelete: ({ room, ifTag }, reply, _span, untilMs) =>
      answerWith(changeInTime(clock, remove(room, ifTag, untilMs), untilMs), reply),
  }
}
