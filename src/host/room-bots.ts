import type { AddedBot } from '../link/methods/host.ts'
import { badRequest, Refusal } from '../protocol/errors.ts'
import type { Fate } from './entry-queue.ts'
import { replyOf } from './replies.ts'
import type { RoomParts } from './room-parts.ts'

type Reply<Result> = (result: Result | Refusal) => void

/**
 * Adds a bot, because somebody outside of the game asks for it. Throws BAD_REQUEST, OVERLOADED. The game's answer is sent after a
 * tick.
 */
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

/** Removes a bot, and replies when it is gone. Throws NOT_FOUND. */
export function removeBot(room: RoomParts, seat: string, reply: Reply<null>): void {
  if (room.seatOf(seat)?.bot === undefined) throw new Refusal('NOT_FOUND', `no bot "${seat}" in this room`)
  // If the bot has left meanwhile, the request is fulfilled.
  const done = (fate: Fate) => reply(fate.kind === 'closed' ? fate.refusal : null)
  room.push({ entry: { kind: 'leave', user: seat, why: 'removed' }, done })
}
