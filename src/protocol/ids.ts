import { badRequest } from './errors.ts'

/** The id of a player: the token's `sub`, or `guest-` and a random part. */
export type UserId = string & { readonly __brand: 'UserId' }
export type RoomId = string & { readonly __brand: 'RoomId' }
export type Namespace = string & { readonly __brand: 'Namespace' }
/** What an event is sent to: a namespace, a room of a namespace, or a user. */
export type Channel = string & { readonly __brand: 'Channel' }

/** Not `__proto__`: games keep what is a player's under the player's id, and that key sets a prototype. */
export const USER_ID = /^(?!__proto__$)[A-Za-z0-9_-]{1,64}$/
/** Not `.` or `..`: browsers take these out of a path, so no operator could see or delete such a room by REST. */
export const ROOM_ID = /^(?!\.{1,2}$)[A-Za-z0-9_.:-]{1,64}$/
/** The form of ids of goods and currencies. `FORBIDDEN_KEY` matches, but is not allowed. */
export const NAME = /^[A-Za-z0-9_-]{1,64}$/
export const GAME_NAME = /^[a-z][a-z0-9-]{0,31}$/
/** No dot first: it is the name of a file. */
export const RECORDING_ID = /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}$/
export const IDEMPOTENCY_KEY = /^[A-Za-z0-9_-]{16,64}$/

/** The sender of events that no client sent, such as broadcasts by REST and presence. It is not a valid user id. */
export const SERVER_SENDER = '@server'
export const GUEST_PREFIX = 'guest-'
export const BOT_PREFIX = 'bot-'
/** The id of a bot's seat. No user gets a seat under such an id. */
export const BOT_ID = new RegExp(`^${BOT_PREFIX}\\d+$`)

/** Whether the id is a guest's. Only for valid ids: it looks at the prefix alone. */
export function isGuestId(userId: string): boolean {
  return userId.startsWith(GUEST_PREFIX)
}

export function isUserId(value: unknown): value is UserId {
  return typeof value === 'string' && USER_ID.test(value)
}

export function isRoomId(value: unknown): value is RoomId {
  return typeof value === 'string' && ROOM_ID.test(value)
}

export function parseUserId(value: unknown, path: string): UserId {
  if (isUserId(value)) return value
  throw badRequest(path, 'must be 1 to 64 characters of A-Z a-z 0-9 _ -, and not __proto__')
}

export function parseRoomId(value: unknown, path: string): RoomId {
  if (isRoomId(value)) return value
  throw badRequest(path, 'must be 1 to 64 characters of A-Z a-z 0-9 _ . : -, and more than one or two dots')
}

export function parseGameName(value: unknown, path: string): string {
  if (typeof value === 'string' && GAME_NAME.test(value)) return value
  throw badRequest(path, 'must be 1 to 32 characters of a-z, 0-9 and -, and begin with a letter')
}

export function parseRecordingId(value: unknown, path: string): string {
  if (typeof value === 'string' && RECORDING_ID.test(value)) return value
  throw badRequest(path, 'must be 1 to 128 characters of A-Z a-z 0-9 _ . -, and no dot first')
}

export function parseIdempotencyKey(value: unknown, path: string): string {
  if (typeof value === 'string' && IDEMPOTENCY_KEY.test(value)) return value
  throw badRequest(path, 'must be 16 to 64 characters of A-Z a-z 0-9 _ -')
}

export function namespaceChannel(namespace: Namespace): Channel {
  return `n/${namespace}` as Channel
}

export function roomChannel(namespace: Namespace, room: RoomId): Channel {
  return `r/${namespace}/${room}` as Channel
}

export function userChannel(user: UserId): Channel {
  return `u/${user}` as Channel
}

/** Returns undefined if the channel is not a user's. */
export function userOf(channel: Channel): UserId | undefined {
  return isUserChannel(channel) ? (channel.slice(2) as UserId) : undefined
}

export function isNamespaceChannel(channel: Channel): boolean {
  return channel.startsWith('n/')
}

export function isUserChannel(channel: Channel): boolean {
  return channel.startsWith('u/')
}

/** Returns undefined if the channel is not a room's. */
export function roomOf(channel: Channel): RoomId | undefined {
  return channel.startsWith('r/') ? (channel.slice(channel.indexOf('/', 2) + 1) as RoomId) : undefined
}

/** The id of a connection in REST: a UUID. */
export const CONNECTION_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export function isConnectionId(value: unknown): value is string {
  return typeof value === 'string' && CONNECTION_ID.test(value)
}
