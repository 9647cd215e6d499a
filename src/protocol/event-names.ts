// The names of `EVENT` (events.ts). Each is a constant of its own, so that a page bundles only those that it uses.

export const broadcast = 'core.game.state.broadcast' as const
export const sendMessage = 'core.game.state.send_message' as const
export const buyGood = 'core.game.state.buy_good' as const
export const roomJoin = 'core.game.room.join' as const
export const roomLeave = 'core.game.room.leave' as const
export const roomFind = 'core.game.room.find' as const
export const roomList = 'core.game.room.list' as const
export const roomInput = 'core.game.room.input' as const
export const roomSnapshot = 'core.game.room.snapshot' as const
export const stateGet = 'core.game.state.get' as const
export const presenceList = 'core.game.presence.list' as const
export const sessionRefresh = 'core.game.session.refresh' as const
export const sessionPing = 'core.game.session.ping' as const
