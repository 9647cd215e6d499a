import type { Encoding } from '../protocol/events.ts'
import { globalWebSocket, type WebSocketConstructor } from './websocket.ts'

/** Why a token is asked for: `expired` means that the last one was refused or is about to expire: a cached one will not do. */
export type TokenReason = 'connect' | 'expired'
/** A JWT, or what gives one. */
export type TokenSource = string | ((reason: TokenReason) => string | Promise<string>)

/** Full jitter: each delay is random up to a bound that doubles. */
export interface ReconnectOptions {
  /** The first delay is random between 0 and this. */
  readonly baseMs?: number
  /** No delay is longer, but where the server says so. */
  readonly maxMs?: number
  /** How many times in a row it tries again before it closes for good; no limit by default. */
  readonly attemptsMax?: number
}

/** The requests that wait for a connection. */
export interface QueueOptions {
  /** How many may wait, 100 by default; more are refused with OVERLOADED. */
  readonly max?: number
  /**
   * How long one may wait before it is sent; then it rejects with UNAVAILABLE, and nothing was done. The time for the reply begins
   * after that. Absent: waiting and reply have `requestTimeoutMs` together.
   */
  readonly maxAgeMs?: number
}

/** What `connect` takes: `url` and `namespace`, and what differs from the defaults. Times are in milliseconds. */
export interface ClientOptions {
  /** `http(s)://` or `ws(s)://`, host and port; a path, where a proxy adds one. */
  readonly url: string
  /** The last part of the path: `private`, `public`, `guest`, or what the server calls them. */
  readonly namespace: string
  /** The server's API_PATH_PREFIX, where that was changed. */
  readonly apiPathPrefix?: string
  /**
   * A JWT; white space around it is cut off. A function is asked anew for every connection, and before the `exp` of the one in use. If it
   * throws, or gives something else than a JWT (a page of a proxy, an error in JSON), it is asked again after the usual delay.
   */
  readonly token?: TokenSource
  /** `json` by default; `msgpack` loads its package when it is needed. */
  readonly encoding?: Encoding
  /** Closes the client. */
  readonly signal?: AbortSignal
  /** From the call to the reply, with all waiting in between; but see `queue.maxAgeMs`. */
  readonly requestTimeoutMs?: number
  /** How long `connect` tries. */
  readonly connectTimeoutMs?: number
  /** From opening a socket to the server's first frame. */
  readonly handshakeTimeoutMs?: number
  readonly queue?: QueueOptions
  /** The same as `queue.max`. */
  readonly queueMax?: number
  /** false: the first loss closes the client. */
  readonly reconnect?: ReconnectOptions | false
  /** For another WebSocket than the global one. */
  readonly WebSocket?: WebSocketConstructor
}

export type Settings = ReturnType<typeof readOptions>

export function readOptions(options: ClientOptions) {
  const { queue, reconnect, queueMax = 100, encoding = 'json', WebSocket = globalWebSocket() } = options
  const { requestTimeoutMs = 10_000, connectTimeoutMs = 15_000, handshakeTimeoutMs = 10_000 } = options
  return {
    endpoint: endpointUrl(options),
    token: options.token,
    encoding,
    requestTimeoutMs,
    connectTimeoutMs,
    handshakeTimeoutMs,
    queueMax: queue?.max ?? queueMax,
    queueMaxAgeMs: queue?.maxAgeMs,
    reconnect: {
      baseMs: 500,
      maxMs: 20_000,
      attemptsMax: Infinity,
      ...(reconnect === false ? { attemptsMax: 0 } : reconnect),
    },
    WebSocket,
  }
}

function endpointUrl({ url, namespace, apiPathPrefix = '/core/game/v1/real-time' }: ClientOptions): string {
  const base = new URL(url)
  const endpoint = new URL(`${base.pathname.replace(/\/+$/, '')}${apiPathPrefix}/${namespace}`, base)
  endpoint.protocol = base.protocol.replace('http', 'ws')
  return endpoint.href
}
