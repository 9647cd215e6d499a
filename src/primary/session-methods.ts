import type { Handlers } from '../link/link.ts'
import { replyWith } from '../link/link.ts'
import type { PrimaryMethods, ReplayPart, WireEntry } from '../link/methods.ts'
import type { ReplayChunk } from '../hub/hub.ts'
import type { Entry } from '../hub/history.ts'
import type { PrimaryContext } from './context.ts'
import { readState } from './channel-state.ts'

type SessionMethods = Pick<
  Handlers<PrimaryMethods>,
  'open' | 'replay' | 'close' | 'join' | 'leave' | 'state' | 'presence'
>

/** What a worker's connections ask for, but for events. */
export function sessionMethods(context: PrimaryContext, worker: number): SessionMethods {
  const { hub, membership, presence, rooms, store, clock } = context
  return {
    open({ connectionId, namespace, userId, addressKey, rooms: wanted, cursor }, reply) {
      const connection = {
        id: connectionId,
        worker,
        namespace,
        userId,
        addressKey,
        openedAtMs: clock.wallMs(),
        rooms: new Set<never>(),
      }
      const opened = membership.open(connection, wanted, cursor)
      const { replay } = opened
      reply({
        offset: opened.offset,
        epoch: hub.epoch,
        rooms: opened.rooms,
        replayed: replay?.recovered ? replay.count : 0,
        chunk: replay?.recovered ? toPart(replay.chunk) : NOTHING,
        reason: replay && !replay.recovered ? replay.reason : null,
      })
    },

    replay({ connectionId, after }, reply) {
      const chunk = membership.replay(connectionId, after)
      reply(chunk ? toPart(chunk) : null)
    },

    close({ connectionId }) {
      membership.close(connectionId)
    },

    join({ connectionId, room }, reply) {
      const { members, offset, channel } = membership.join(connectionId, room)
      // The offset was taken before the state is read: the state may hold an event that comes again, and lacks none.
      replyWith(
        readState(store, channel).then((state) => ({ members, state, offset })),
        reply,
      )
    },

    leave({ connectionId, room }, reply) {
      membership.leave(connectionId, room)
      reply(null)
    },

    state({ channel }, reply) {
      const offset = hub.head
      replyWith(
        readState(store, channel).then((state) => ({ state, offset })),
        reply,
      )
    },

    presence({ namespace, room, limit, cursor }, reply) {
      const users = room === null ? presence.usersOf(namespace) : rooms.membersOf(room)
      reply(users.page({ limit, cursor }))
    },
  }
}

export function toWire({ offset, prev, channel, body }: Entry): WireEntry {
  return [offset, prev, channel, body]
}

const NOTHING: ReplayPart = { entries: [], complete: true }

function toPart({ entries, complete }: ReplayChunk): ReplayPart {
  return { entries: entries.map(toWire), complete }
}
