import * as EVENT from './event-names.ts'

/** Requests that change the rooms of their connection. */
export const CHANGES_ROOMS: readonly string[] = [EVENT.roomJoin, EVENT.roomLeave, EVENT.roomFind]

/**
 * Requests that a client may send again if nobody knows whether they were done; a purchase only under its key. A search is none of them: whether it was
 * done is seen from the rooms that a resume names, and done twice it could take seats in two rooms.
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

/** Events of a user's own channel, of servers up to 0.1.0, which do not say the channel. */
export const OF_USERS: readonly string[] = [EVENT.sendMessage, EVENT.buyGood]
