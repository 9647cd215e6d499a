import { encodeMsgpack } from '../protocol/msgpack.ts'
import { EVENT, SERVER_EVENT, SUBPROTOCOL, type Encoding } from '../protocol/events.ts'
import type { Dialect, DialectRef } from './dialect.ts'

export interface DrumbeatOptions {
  readonly apiPathPrefix: string
  readonly encoding: Encoding
  /** The token of the connection with this number. If undefined, all are guests. */
  readonly token?: (index: number) => string
}

/** Talks as Drumbeat's own clients do. In msgpack, too, the message is JSON text, because the generator finds it by its bytes. */
export function drumbeatDialect({ apiPathPrefix, encoding, token }: DrumbeatOptions): Dialect {
  const encode = (envelope: object): string =>
    encoding === 'json' ? JSON.stringify(envelope) : Buffer.from(encodeMsgpack(envelope)).toString('latin1')
  const replyTo = (id: string): string =>
    encoding === 'json' ? `"replyTo":"${id}","success":true` : `${String.fromCharCode(0xa0 | id.length)}${id}`
  return {
    upgrade: (_url, { index }) =>
      token
        ? { path: `${apiPathPrefix}/private`, headers: [`Authorization: Bearer ${token(index)}`] }
        : { path: `${apiPathPrefix}/public` },
    subprotocol: SUBPROTOCOL[encoding],
    isBinary: encoding === 'msgpack',
    ready: SERVER_EVENT.ready,
    answer: () => undefined,
    complaint: (frame) => COMPLAINT.exec(frame)?.[0],
    join: (room) => ({
      request: encode({ id: 'join', eventType: EVENT.roomJoin, payload: { room_id: roomId(room) } }),
      done: replyTo('join'),
    }),
    broadcast: (message, room) => {
      const place = room === undefined ? {} : { room: roomId(room) }
      const payload = { message: encoding === 'json' ? JSON.parse(message) : message }
      return encode({ eventType: EVENT.broadcast, ...place, payload })
    },
    ping: encode({ id: 'ping', eventType: EVENT.sessionPing, payload: {} }),
    nameIn: (frame) => /"user_id":"([^"]+)"/.exec(frame)?.[1],
    direct: (name, message) => {
      return encode({ eventType: EVENT.sendMessage, payload: { target_user_id: name, data: JSON.parse(message) } })
    },
  }
}

/** The error of a reply, in either encoding. */
const COMPLAINT =
  /\b(?:RATE_LIMITED|OVERLOADED|UNAVAILABLE|FORBIDDEN|AUTH_REQUIRED|BAD_REQUEST|PAYLOAD_TOO_LARGE|NOT_IN_ROOM)\b/

/** Another thread makes its dialect of this: see `DialectRef`. */
export interface DrumbeatName extends Omit<DrumbeatOptions, 'token'> {
  /** Connections take them in turn. If there are none, all are guests. */
  readonly tokens: readonly string[]
}

export function drumbeatRef(name: DrumbeatName): DialectRef {
  return { module: import.meta.url, name: JSON.stringify(name) }
}

export function dialectOf(name: string): Dialect {
  const { tokens, ...options } = JSON.parse(name) as DrumbeatName
  if (tokens.length === 0) return drumbeatDialect(options)
  return drumbeatDialect({ ...options, token: (index) => tokens[index % tokens.length] ?? '' })
}

function roomId(room: number): string {
  return `load-${room}`
}
