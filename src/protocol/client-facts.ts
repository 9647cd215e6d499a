import * as EVENT from './event-names.ts'

/** Requests that change which rooms their connection is in. */
export const CHANGES_ROOMS: readonly string[] = [EVENT.roomJoin, EVENT.roomLeave, EVENT.roomFind]

/**
 * Requests that a client may send again if nobody knows whether the first one was done; a purchase only with its idempotency key.
 * A search for a room is not one of them: a resume tells the client which rooms it is in, and a second search could take seats in
 * two rooms.
 */
export const REPEATABLE: readonly string[] = [
  EVENT.roomJoin,
  EVENT.roomLeave,
  EVENT.roomList,
  EVENT.roomSnapshot,
  EVENT.stateGet,
  EVENT.presenceList,
  EVENT.sessionPing,
]

/** Servers up to 0.1.0 do not say the channel of an event. These event types are of the user's own channel. */
export const OF_USERS: readonly string[] = [EVENT.sendMessage, EVENT.buyGood]
