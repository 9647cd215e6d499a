import type { AddedBot } from '../link/methods/host.ts'
import { badRequest, Refusal } from '../protocol/errors.ts'
import type { Fate } from './entry-queue.ts'
import { replyOf } from './replies.ts'
import type { RoomParts } from './room-parts.ts'

type Reply<Result> = (result: Result | Refusal) => void

/** A bot comes in, as somebody outside of the game wants it. Throws BAD_REQUEST, OVERLOADED; what the game says to it is replied behind a tick. */
export function addBot(room: RoomParts, bot: string, reply: Reply<AddedBot>): void {
  const { game, queue } = room
  if (!Object.hasOwn(game.rules.bots, bot)) throw badRequest('bot', `the game ${game.name} has no bot "${bot}"`)
  queue.requireRoom({})
  room.push({
    entry: { kind: 'bot', bot },
    done: (fate, tick) => {
      const result = replyOf(room, fate, tick)
      reply(result instanceof Refusal ? result : { seat: result.value as string, tick })
    },
  })
}

/** A bot goes. Throws NOT_FOUND; replied when that is so. */
export function removeBot(room: RoomParts, seat: string, reply: Reply<null>): void {
  if (room.seatOf(seat)?.bot === undefined) throw new Refusal('NOT_FOUND', `no bot "${seat}" in this room`)
  // If it has gone meanwhile that is what was wanted.
  const done = (fate: Fate) => reply(fate.kind === 'closed' ? fate.refusal : null)
  room.push({ entry: { kind: 'leave', user: seat, why: 'removed' }, done })
}
