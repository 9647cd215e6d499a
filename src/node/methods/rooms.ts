import type { Handlers } from '../../link/link.ts'
import type { RoomMethods } from '../../link/methods/rooms.ts'
import { answerAfter, answerWith, changeInTime, readInTime } from '../answer.ts'
import type { PrimaryContext } from '../context.ts'

export function roomMethods({
  roomService,
  clock,
}: Pick<PrimaryContext, 'roomService' | 'clock'>): Handlers<RoomMethods> {
  return {
    join({ connectionId, room }, reply, _span, untilMs) {
      answerAfter(readInTime(clock, roomService.beginJoin(connectionId, room), untilMs), reply, (join) => join())
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
    roomGet: ({ room }, reply, _span, untilMs) => answerWith(readInTime(clock, roomService.get(room), untilMs), reply),
    roomDelete: ({ room, ifTag }, reply, _span, untilMs) =>
      answerWith(changeInTime(clock, roomService.delete(room, ifTag), untilMs), reply),
  }
}
