// `SERVER_EVENT` of events.ts, one by one as in event-names.ts.

export const ready = 'core.game.session.ready' as const
export const resumed = 'core.game.session.resumed' as const
export const draining = 'core.game.session.draining' as const
export const joined = 'core.game.presence.joined' as const
export const left = 'core.game.presence.left' as const
/** What of a room's state is another since the patch before: told to those who see the same, in no log. */
export const patch = 'core.game.room.patch' as const
/** How a game goes on; `over` stands in the log. */
export const status = 'core.game.room.status' as const
/** What a game says, in the log. */
export const message = 'core.game.room.message' as const
/** What the match of a room has paid to a user, in the log. */
export const reward = 'core.game.room.reward' as const
export const reply = 'core.game.reply' as const
