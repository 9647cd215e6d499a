import { CLOSE } from '../protocol/close-codes.ts'
import { EVENT, SERVER_EVENT, type JsonObject } from '../protocol/events.ts'
import type { EventEnvelope, ReadyPayload, ResumedPayload } from '../protocol/shapes/events.ts'
import type { ReplyEnvelope, RequestEnvelope } from '../protocol/shapes/commands.ts'
import { contentBytes, type Codec } from './codec.ts'
import { deferred } from './deferred.ts'
import { DrumbeatError, readRetryAfterMs } from './errors.ts'
import { Heartbeat } from './heartbeat.ts'
import type { Line } from './requests.ts'
import { after } from './timing.ts'
import type { WebSocketConstructor, WebSocketLike } from './websocket.ts'

export interface Ended {
  readonly code: number
  readonly reason: string
  /** The server's first frame had come. */
  readonly hadSession: boolean
  /** It was up for long enough to count as a success. */
  readonly stable: boolean
  readonly retryAfterMs: number | undefined
}

export interface ConnectionOptions {
  readonly url: string
  readonly protocols: string[]
  readonly WebSocket: WebSocketConstructor
  readonly codec: Codec
  readonly handshakeTimeoutMs: number
  /** Before each request. */
  onSend(envelope: RequestEnvelope): void
  /** The first frame. `resumed` tells which of the two it is. */
  onSession(connection: Connection, session: ReadyPayload | ResumedPayload, resumed: boolean): void
  onEvent(connection: Connection, event: EventEnvelope): void
  onReply(reply: ReplyEnvelope): void
  onDraining(connection: Connection, payload: JsonObject): void
  /** Exactly once, and nothing after it. */
  onEnd(connection: Connection): void
}

const STABLE_MS = 5_000
const TERMINATE_MS = 1_000
/** No request of the application has this id. */
const HEARTBEAT_ID = 'heartbeat'

/** One socket, from the handshake to its end: frames become values, silence becomes an end. */
export class Connection implements Line {
  /** Resolves when the first frame came, or when it ended without. */
  readonly opened: Promise<void>
  /** Resolves with what the server said when it sent this client away, in milliseconds; undefined: it ended before. */
  readonly draining: Promise<number | undefined>
  readonly #options: ConnectionOptions
  readonly #socket: WebSocketLike
  readonly #cancels: (() => void)[] = []
  #session: ReadyPayload | undefined
  #opened = false
  #stable = false
  #ended: Ended | undefined
  #heartbeat: Heartbeat | undefined
  readonly #gone = new AbortController()
  readonly #resolveOpened: () => void
  readonly #resolveDraining: (retryAfterMs: number | undefined) => void
  #cancelTerminate = () => {}

  /** Throws if the URL cannot be part of a handshake at all. */
  constructor(options: ConnectionOptions) {
    this.#options = options
    ;({ promise: this.opened, resolve: this.#resolveOpened } = deferred<void>())
    ;({ promise: this.draining, resolve: this.#resolveDraining } = deferred<number | undefined>())
    this.#socket = new options.WebSocket(options.url, options.protocols)
    this.#socket.binaryType = 'arraybuffer'
    this.#listen()
    this.#in(options.handshakeTimeoutMs, () => {
      if (this.#session === undefined) this.close(CLOSE.normal, 'the handshake took too long')
    })
  }

  /** How it ended; undefined while it has not. */
  get ended(): Ended | undefined {
    return this.#ended
  }

  /** Aborts when it ended. */
  get gone(): AbortSignal {
    return this.#gone.signal
  }

  /** Something may have happened to the network: asks whether the server is there. */
  probe(): void {
    this.#heartbeat?.ask()
  }

  /** Throws PAYLOAD_TOO_LARGE before the server has to close for it, and what the encoder throws. */
  send(envelope: RequestEnvelope): void {
    const content = this.#options.codec.encode(envelope)
    const limit = this.#session?.max_payload_bytes ?? Infinity
    if (contentBytes(content) > limit) {
      throw new DrumbeatError('PAYLOAD_TOO_LARGE', `more than ${limit} bytes`, { max_payload_bytes: limit })
    }
    this.#options.onSend(envelope)
    this.#socket.send(content)
  }

  close(code: number = CLOSE.normal, reason = ''): void {
    if (this.#ended) return
    this.#socket.close(code, reason)
    // A peer that is gone never answers the close; where the socket can be torn down, no process waits for it.
    this.#cancelTerminate = after(this.#socket.terminate ? TERMINATE_MS : Infinity, () => this.#socket.terminate?.())
    this.#end({ code, reason, retryAfterMs: undefined })
  }

  #listen(): void {
    this.#socket.addEventListener('open', () => {
      this.#opened = true
    })
    this.#socket.addEventListener('message', (event) => this.#onMessage((event as { data: unknown }).data))
    this.#socket.addEventListener('close', (event) => this.#onClose(event as { code: number; reason: string }))
    // Node 22 has no close event where there never was a connection; everywhere else one follows.
    this.#socket.addEventListener('error', () => {
      if (!this.#opened) this.#onClose({ code: 1006, reason: '' })
    })
  }

  #onMessage(content: unknown): void {
    if (this.#ended) return
    this.#heartbeat?.heard()
    try {
      this.#dispatch(this.#options.codec.decode(content))
    } catch (error) {
      this.close(CLOSE.gap, `unreadable frame: ${String(error)}`.slice(0, 40))
    }
  }

  #dispatch(value: unknown): void {
    const frame = parseFrame(value)
    switch (frame.eventType) {
      case SERVER_EVENT.ready:
      case SERVER_EVENT.resumed:
        this.#onSession(frame.payload as ReadyPayload, frame.eventType === SERVER_EVENT.resumed)
        break
      case SERVER_EVENT.reply:
        this.#options.onReply(frame as ReplyEnvelope)
        break
      case SERVER_EVENT.draining:
        this.#onDraining(frame.payload as JsonObject)
        break
      default:
        this.#options.onEvent(this, frame as EventEnvelope)
    }
  }

  #onSession(session: ReadyPayload, resumed: boolean): void {
    this.#session = session
    this.#in(STABLE_MS, () => {
      this.#stable = true
    })
    this.#heartbeat = new Heartbeat({
      intervalMs: session.ping_interval_ms,
      ask: () => this.send({ id: HEARTBEAT_ID, eventType: EVENT.sessionPing, payload: {} }),
      onDead: () => this.close(CLOSE.noPong, 'the server is silent'),
    })
    this.#options.onSession(this, session, resumed)
    this.#resolveOpened()
  }

  /** It serves on, until the server closes it or another connection has taken its place. */
  #onDraining(payload: JsonObject): void {
    this.#options.onDraining(this, payload)
    this.#resolveDraining(readRetryAfterMs(payload) ?? 0)
  }

  #onClose({ code, reason }: { code: number; reason: string }): void {
    this.#cancelTerminate()
    this.#end({ code, reason, retryAfterMs: parseRetryAfterMs(reason) })
  }

  #end(how: Pick<Ended, 'code' | 'reason' | 'retryAfterMs'>): void {
    if (this.#ended) return
    this.#ended = { ...how, hadSession: this.#session !== undefined, stable: this.#stable }
    for (const cancel of this.#cancels) cancel()
    this.#heartbeat?.stop()
    this.#options.onEnd(this)
    this.#gone.abort()
    this.#resolveOpened()
    this.#resolveDraining(undefined)
  }

  #in(delayMs: number, callback: () => void): void {
    this.#cancels.push(after(delayMs, callback))
  }
}

interface Frame {
  readonly eventType: string
  readonly payload?: unknown
}

/** The server's word is taken for the rest. */
function parseFrame(value: unknown): Frame {
  if (typeof value === 'object' && value !== null && 'eventType' in value) return value as Frame
  throw new TypeError('not an envelope')
}

/** A close reason is JSON where it holds more than words. */
function parseRetryAfterMs(reason: string): number | undefined {
  if (!reason.startsWith('{')) return undefined
  try {
    return readRetryAfterMs(JSON.parse(reason))
  } catch {
    return undefined
  }
}
