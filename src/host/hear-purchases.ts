import type { BoughtInRoom, HeardPurchases } from '../link/methods/host.ts'
import { Refusal } from '../protocol/errors.ts'
import type { RoomParts } from './room-parts.ts'

/**
 * Puts the purchases of a seat's player into the room, in their order. When all of them were handled, replies with the ledger
 * entry that the seat has then. Replies NOT_IN_ROOM if there is no such seat.
 */
export function hearPurchases(
  room: RoomParts,
  { user, after, purchases }: BoughtInRoom,
  reply: (result: HeardPurchases | Refusal) => void,
): void {
  purchases.forEach((purchase, i) => {
    const entry = { kind: 'bought', user, after: purchases[i - 1]?.ledgerEntry ?? after, ...purchase } as const
    if (i < purchases.length - 1) room.push({ entry, user })
    else room.push({ entry, user, done: (fate) => reply(fate.kind === 'closed' ? fate.refusal : heardOf(room, user)) })
  })
}

/** The seat has the purchase, whatever the game answered to it. */
function heardOf(room: RoomParts, user: string): HeardPurchases | Refusal {
  const seat = room.seatOf(user)
  return seat ? { ledgerEntry: seat.ledgerEntry } : new Refusal('NOT_IN_ROOM', 'no seat in this room')
}
