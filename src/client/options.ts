import type { Encoding } from '../protocol/events.ts'
import { globalWebSocket, type WebSocketConstructor } from './websocket.ts'

/** Why a token is asked for: `expired` means that the last one was refused, so that a cached one will not do. */
export type TokenReason = 'connect' | 'expired'
export type TokenSource = string | ((reason: TokenReason) => string | Promise<string>)

export interface ReconnectOptions {
  /** The first delay is random between 0 and this. */
  readonly baseMs?: number
  readonly maxMs?: number
  /** How many times in a row it tries again before it closes for good; no limit by default. */
  readonly attemptsMax?: number
}

export interface ClientOptions {
  /** `http(s)://` or `ws(s)://`, host and port; a path, where a proxy adds one. */
  readonly url: string
  /** The last part of the path: `private`, `public`, `guest`, or what the server calls them. */
  readonly namespace: string
  readonly apiPathPrefix?: string
  /** A JWT. A function is asked anew for every connection. */
  readonly token?: TokenSource
  readonly encoding?: Encoding
  /** Closes the client. */
  readonly signal?: AbortSignal
  /** From the call to the reply, with all waiting in between. */
  readonly requestTimeoutMs?: number
  /** How long `connect` tries. */
  readonly connectTimeoutMs?: number
  /** From opening a socket to the server's first frame. */
  readonly handshakeTimeoutMs?: number
  /** How many requests may wait for a connection. */
  readonly queueMax?: number
  readonly reconnect?: ReconnectOptions | false
  /** For another WebSocket than the global one. */
  readonly WebSocket?: WebSocketConstructor
}

export type Settings = ReturnType<typeof readOptions>

export function readOptions(options: ClientOptions) {
  const reconnect = options.reconnect === false ? { attemptsMax: 0 } : options.reconnect
  return {
    endpoint: endpointUrl(options),
    token: options.token,
    encoding: options.encoding ?? 'json',
    requestTimeoutMs: options.requestTimeoutMs ?? 10_000,
    connectTimeoutMs: options.connectTimeoutMs ?? 15_000,
    handshakeTimeoutMs: options.handshakeTimeoutMs ?? 10_000,
    queueMax: options.queueMax ?? 100,
    reconnect: { baseMs: 500, maxMs: 20_000, attemptsMax: Infinity, ...reconnect },
    WebSocket: options.WebSocket ?? globalWebSocket(),
  }
}

function endpointUrl(options: ClientOptions): string {
  const url = new URL(options.url)
  url.protocol = url.protocol === 'https:' || url.protocol === 'wss:' ? 'wss:' : 'ws:'
  const base = url.pathname.replace(/\/+$/, '')
  const prefix = options.apiPathPrefix ?? '/core/game/v1/real-time'
  url.pathname = `${base}${prefix}/${options.namespace}`
  url.search = ''
  url.hash = ''
  return url.href
}
