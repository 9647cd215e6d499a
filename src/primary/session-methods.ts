import type { Handlers } from '../link/link.ts'
import type { PrimaryMethods } from '../link/methods/primary.ts'
import type { ReplayPart } from '../link/methods/session.ts'
import type { ReplayChunk } from '../hub/hub.ts'
import { encodeEventBlock } from '../link/event-block.ts'
import { answerAfter, answerWith, readInTime } from './answer.ts'
import type { PrimaryContext } from './context.ts'
import { newestState, readState } from './channel-state.ts'
import { admit, openNow, withRooms } from './opening.ts'

type SessionMethods = Pick<
  Handlers<PrimaryMethods>,
  'open' | 'replay' | 'close' | 'remembered' | 'join' | 'leave' | 'state' | 'presence'
>

/** What a worker's connections ask for, but for events. */
export function sessionMethods(context: PrimaryContext, worker: number): SessionMethods {
  const { hub, membership, remembered, presence, rooms, store, clock } = context
  return {
    open(args, reply) {
      const opening = withRooms(context, args)
      const waiting = admit(context, worker, opening)
      if (!waiting) reply(openNow(context, opening))
      // The rest and the answer are one step, so that what the hub delivers after it comes after it on the link, too.
      else answerAfter(waiting, reply, (resume) => openNow(context, opening, resume))
    },

    replay({ connectionId, after }, reply) {
      const chunk = membership.replay(connectionId, after)
      reply(chunk ? toPart(chunk, after) : null)
    },

    close({ connectionId }) {
      membership.close(connectionId)
    },

    remembered({ session, cursor }, reply) {
      reply((hub.holds(cursor) ? remembered.of(session) : undefined) ?? null)
    },

    join({ connectionId, room }, reply, _span, untilMs) {
      const channel = membership.channelIn(connectionId, room)
      const readAt = hub.head
      // The state is read first; then what was retained in between, the join and the answer are one step, so that what the hub
      // delivers after it comes after it on the link, too.
      answerAfter(readInTime(clock, readState(store, channel), untilMs), reply, (read) => {
        const { members } = membership.join(connectionId, room)
        const state = newestState(read, hub.since(readAt, channel))
        return { members, state, offset: hub.head }
      })
    },

    leave({ connectionId, room }, reply) {
      membership.leave(connectionId, room)
      reply(null)
    },

    state({ channel }, reply, _span, untilMs) {
      const offset = hub.head
      const read = readState(store, channel).then((state) => ({ state, offset }))
      answerWith(readInTime(clock, read, untilMs), reply)
    },

    presence({ namespace, room, limit, cursor }, reply) {
      const users = room === null ? presence.usersOf(namespace) : rooms.membersOf(room)
      reply(users.page({ limit, cursor }))
    },
  }
}

function toPart({ entries, complete }: ReplayChunk, after: number): ReplayPart {
  return { events: encodeEventBlock(entries), upTo: entries.at(-1)?.offset ?? after, complete }
}
