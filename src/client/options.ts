import type { Encoding } from '../protocol/events.ts'
import { globalWebSocket, type WebSocketConstructor } from './websocket.ts'

/** Why a token is asked for. `expired` means that the last one was refused or is about to expire, so a cached one is no use. */
export type TokenReason = 'connect' | 'expired'
/** A JWT, or a function that returns one. */
export type TokenSource = string | ((reason: TokenReason) => string | Promise<string>)

/** Reconnects use full jitter: each delay is random, up to a bound that doubles each time. */
export interface ReconnectOptions {
  /** The first delay is random between 0 and this. */
  readonly baseMs?: number
  /** The longest delay, unless the server asks for a longer one. */
  readonly maxMs?: number
  /** How many times in a row it tries again before it closes for good. No limit by default. */
  readonly attemptsMax?: number
}

/** Limits for requests that wait for a connection. */
export interface QueueOptions {
  /** How many may wait, 100 by default. More are refused with OVERLOADED. */
  readonly max?: number
  /**
   * How long a request may wait before it is sent. After that it rejects with UNAVAILABLE, and nothing was done. A request that
   * was sent has until `maxAgeMs` + `requestTimeoutMs` after the call. If absent, waiting and reply together have
   * `requestTimeoutMs`.
   */
  readonly maxAgeMs?: number
}

/** The options of `connect`. Only `url` and `namespace` are required. Times are in milliseconds. */
export interface ClientOptions {
  /** `http(s)://` or `ws(s)://`, host and port, and a path if a proxy adds one. */
  readonly url: string
  /** The last part of the path: `private`, `public`, `guest`, or what this server names its namespaces. */
  readonly namespace: string
  /** The server's API_PATH_PREFIX, if that was changed. */
  readonly apiPathPrefix?: string
  /**
   * A JWT (white space around it is removed), or a function that returns one. A function is called for every connection, and
   * before the `exp` of the token in use. If it throws or returns something other than a JWT (a page of a proxy, an error in
   * JSON), it is called again after the usual delay. If `connect` gets an empty one twice, it rejects with AUTH_REQUIRED.
   */
  readonly token?: TokenSource
  /** `json` by default. For `msgpack` a package is loaded when the client connects. */
  readonly encoding?: Encoding
  /** Closes the client when it aborts. */
  readonly signal?: AbortSignal
  /** The time from the call to the reply, including all waiting, but see `queue.maxAgeMs`. 10 s by default. */
  readonly requestTimeoutMs?: number
  /** How long `connect` tries. 15 s by default. */
  readonly connectTimeoutMs?: number
  /** The time from opening a socket to the server's first frame. 10 s by default. */
  readonly handshakeTimeoutMs?: number
  readonly queue?: QueueOptions
  /** The same as `queue.max`, which takes precedence. */
  readonly queueMax?: number
  /** If false, the client closes when it loses its first connection. */
  readonly reconnect?: ReconnectOptions | false
  /** A WebSocket class to use instead of the global one. */
  readonly WebSocket?: WebSocketConstructor
}

export type Settings = ReturnType<typeof readOptions>

export function readOptions(options: ClientOptions) {
  const { queue, reconnect, queueMax = 100, encoding = 'json', WebSocket = globalWebSocket() } = options
  const { requestTimeoutMs = 10_000, connectTimeoutMs = 15_000, handshakeTimeoutMs = 10_000 } = options
  return {
    /** Where the namespace is at the server of this address; by default at the one that the options name. */
    endpointOf: (url = options.url) => endpointUrl({ ...options, url }),
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
