/** The event types a client may send: the names on the wire. */
export const EVENT = {
  broadcast: 'core.game.state.broadcast',
  sendMessage: 'core.game.state.send_message',
  buyGood: 'core.game.state.buy_good',
  roomJoin: 'core.game.room.join',
  roomLeave: 'core.game.room.leave',
  roomFind: 'core.game.room.find',
  roomList: 'core.game.room.list',
  roomInput: 'core.game.room.input',
  roomSnapshot: 'core.game.room.snapshot',
  stateGet: 'core.game.state.get',
  presenceList: 'core.game.presence.list',
  sessionRefresh: 'core.game.session.refresh',
  sessionPing: 'core.game.session.ping',
} as const

/** The event types only the server sends. */
export const SERVER_EVENT = {
  ready: 'core.game.session.ready',
  resumed: 'core.game.session.resumed',
  draining: 'core.game.session.draining',
  joined: 'core.game.presence.joined',
  left: 'core.game.presence.left',
  /** What of a room's state is another since the patch before: told to those who see the same, in no log. */
  patch: 'core.game.room.patch',
  /** How a game goes on; `over` stands in the log. */
  status: 'core.game.room.status',
  /** What a game says, in the log. */
  message: 'core.game.room.message',
  reply: 'core.game.reply',
} as const

export type EventType = (typeof EVENT)[keyof typeof EVENT]

export const SUBPROTOCOL = { json: 'game.v1.json', msgpack: 'game.v1.msgpack' } as const
/** How frames are written: `json` as text, `msgpack` as bytes. */
export type Encoding = keyof typeof SUBPROTOCOL

/** What JSON can carry. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue }
/** The same, with an object at the top. */
export type JsonObject = { readonly [key: string]: JsonValue }
