import type { Handlers } from '../../link/link.ts'
import type { RoomMethods } from '../../link/methods/rooms.ts'
import { roomChannel } from '../../protocol/ids.ts'
import { toSortedPage, type PageArgs } from '../../protocol/page.ts'
import { answerAfter, answerWith, changeInTime, readInTime } from '../answer.ts'
import { newestState, readState } from '../channel-state.ts'
import type { PrimaryContext } from '../context.ts'
import { deleteRoom, putRoom, readRoom } from '../rest-rooms.ts'

type Needs = Pick<PrimaryContext, 'hub' | 'members' | 'registry' | 'rooms' | 'store' | 'idempotency' | 'clock'>

export function roomMethods(context: Needs): Handlers<RoomMethods> {
  const { hub, members, registry, rooms, store, clock } = context
  return {
    join({ connectionId, room }, reply, _span, untilMs) {
      const channel = roomChannel(registry.require(connectionId).namespace, room)
      const readAt = hub.head
      // The state is read first; then what was retained in between, the join and the answer are one step, so that what the hub
      // delivers after it comes after it on the link, too.
      answerAfter(readInTime(clock, readState(store, channel), untilMs), reply, (read) => {
        const joined = members.join(connectionId, room)
        const state = newestState(read, hub.since(readAt, channel))
        return { ...joined, state, offset: hub.head }
      })
    },

    leave({ connectionId, room }, reply) {
      members.leave(connectionId, room)
      reply(null)
    },

    state({ channel }, reply, _span, untilMs) {
      const offset = hub.head
      const read = readState(store, channel).then((state) => ({ state, offset }))
      answerWith(readInTime(clock, read, untilMs), reply)
    },

    presence({ namespace, room, limit, cursor }, reply) {
      const users = room === null ? registry.usersOf(namespace) : rooms.membersOf(room)
      reply(users.page({ limit, cursor }))
    },

    roomPut: (put, reply, _span, untilMs) => answerWith(changeInTime(clock, putRoom(context, put), untilMs), reply),
    roomList: (page, reply) => reply(listRooms(context, page)),
    roomGet: ({ room }, reply, _span, untilMs) =>
      answerWith(readInTime(clock, readRoom(context, room), untilMs), reply),
    roomDelete: ({ room, ifTag }, reply, _span, untilMs) =>
      answerWith(changeInTime(clock, deleteRoom(context, room, ifTag), untilMs), reply),
  }
}

function listRooms({ rooms }: Pick<Needs, 'rooms'>, page: PageArgs) {
  const { items: ids, next_cursor } = toSortedPage(rooms.ids(), (id) => id, page)
  return { items: ids.map((id) => rooms.get(id)).filter((room) => room !== undefined), next_cursor }
}
