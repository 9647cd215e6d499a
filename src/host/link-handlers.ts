import { replyWith, type Handlers } from '../link/link.ts'
import type { HostMethods, InputResult } from '../link/methods/host.ts'
import { Refusal } from '../protocol/errors.ts'
import type { Fate } from './entry-queue.ts'
import { hearPurchases } from './hear-purchases.ts'
import { replyOf } from './replies.ts'
import { addBot, removeBot } from './room-bots.ts'
import { enter, entryOf, exit, inspect, leave } from './room-doors.ts'
import { sendInput } from './room-inputs.ts'
import type { RoomParts } from './room-parts.ts'
import type { Rooms } from './rooms.ts'

type Reply<Result> = (result: Result | Refusal) => void

/** The handlers of a host for the calls of the primary, once the host listens. */
export function createLinkHandlers(rooms: () => Rooms): Omit<Handlers<HostMethods>, 'welcome' | 'ping'> {
  return {
    open: (args, reply) => reply(rooms().open(args)),
    restore: (args, reply) => reply(rooms().restore(args)),
    rehearse: (args, reply) => {
      rooms().rehearse(args)
      reply(null)
    },
    release: ({ handle }, reply) => rooms().release(handle, reply),
    enter: (args, reply) => enter(rooms().room(args.handle), args, reply),
    // If the room is over, there is nothing to tell it.
    exit: ({ handle, viewer }, reply) => {
      const room = rooms().find(handle)
      if (room) exit(room, viewer)
      reply(null)
    },
    leave: ({ handle, viewer }, reply) => leave(rooms().room(handle), viewer, reply),
    input: ({ handle, viewer, name, input, seq }, reply) => {
      const room = rooms().room(handle)
      rooms().requireTime()
      const { user } = requirePlayer(room, viewer)
      sendInput(room, { user, viewer, name, input, ...(seq === null ? {} : { seq }), done: answer(room, reply) })
    },
    inputAs: ({ handle, user, name, input }, reply) => {
      const room = rooms().room(handle)
      rooms().requireTime()
      sendInput(room, { user, name, input, done: answer(room, reply) })
    },
    addBot: ({ handle, bot }, reply) => {
      rooms().requireTime()
      addBot(rooms().room(handle), bot, reply)
    },
    removeBot: ({ handle, seat }, reply) => removeBot(rooms().room(handle), seat, reply),
    kick: ({ handle, user, why }, reply) => {
      const room = rooms().room(handle)
      room.push({ entry: { kind: 'leave', user, why }, user, done: whenDone(room, reply) })
    },
    bought: (args, reply) => hearPurchases(rooms().room(args.handle), args, reply),
    end: ({ handle }, reply) => {
      const room = rooms().room(handle)
      room.push({ entry: { kind: 'end', why: 'ended' }, done: () => reply(null) })
    },
    snapshot: ({ handle, viewer }, reply) => reply(entryOf(requireSeeing(rooms().room(handle), viewer), viewer)),
    catchUp: ({ handle, viewer, base }, reply) =>
      reply(requireSeeing(rooms().room(handle), viewer).views.catchUp(viewer, base)),
    entries: ({ handle, limit }, reply) => reply({ items: rooms().room(handle).recent.newest(limit) }),
    inspect: ({ handle }, reply) => reply(inspect(rooms().room(handle))),
    drain: ({ withinMs }, reply) =>
      replyWith(
        rooms()
          .drain(withinMs)
          .then(() => null),
        reply,
      ),
    logLevel: ({ part, level }) => rooms().setLogLevel(part, level),
    metrics: (_args, reply) =>
      replyWith(
        rooms()
          .metrics.toJson()
          .then((metrics) => ({ metrics })),
        reply,
      ),
  }
}

function answer(room: RoomParts, reply: Reply<InputResult>): (fate: Fate, tick: number) => void {
  return (fate, tick) => reply(replyOf(room, fate, tick))
}

function whenDone(room: RoomParts, reply: Reply<null>): (fate: Fate, tick: number) => void {
  return (fate, tick) => {
    const result = replyOf(room, fate, tick)
    reply(result instanceof Refusal ? result : null)
  }
}

function requirePlayer({ seating }: RoomParts, viewer: number): { readonly user: string } {
  const found = seating.viewer(viewer)
  if (!found || found.isSpectator) throw new Refusal('NOT_IN_ROOM', 'no seat in this room')
  return found
}

function requireSeeing(room: RoomParts, viewer: number): RoomParts {
  if (!room.views.has(viewer)) throw new Refusal('NOT_IN_ROOM', 'the connection is not in this room')
  return room
}
