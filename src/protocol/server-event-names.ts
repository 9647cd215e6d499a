// The names of `SERVER_EVENT` (events.ts) as single constants, for the reason that event-names.ts gives.

export const ready = 'core.game.session.ready' as const
export const resumed = 'core.game.session.resumed' as const
export const draining = 'core.game.session.draining' as const
export const joined = 'core.game.presence.joined' as const
export const left = 'core.game.presence.left' as const
/** What changed in a room's state since the last patch. It is sent to those who see the same state, and is not logged. */
export const patch = 'core.game.room.patch' as const
/** A change in the life of a match. Only `over` is logged. */
export const status = 'core.game.room.status' as const
/** A message of a game. It is logged. */
export const message = 'core.game.room.message' as const
/** What a match has paid to a user. It is logged. */
export const reward = 'core.game.room.reward' as const
export const reply = 'core.game.reply' as const
