import * as CLOSE from '../protocol/close-code.ts'
import * as EVENT from '../protocol/event-names.ts'
import * as SERVER_EVENT from '../protocol/server-event-names.ts'
import type { JsonObject } from '../protocol/events.ts'
import type { EventEnvelope, ReadyPayload, ResumedPayload } from '../protocol/shapes/events.ts'
import type { ReplyEnvelope, RequestEnvelope } from '../protocol/shapes/commands.ts'
import { contentBytes, type Codec } from './codec.ts'
import { deferred } from './deferred.ts'
import { DrumbeatError, readRetryAfterMs } from './errors.ts'
import { Heartbeat } from './heartbeat.ts'
import { LOST, STABLE_MS, TERMINATE_MS } from './limits.ts'
import type { Line } from './requests.ts'
import { after, sleep } from './timing.ts'
import type { WebSocketConstructor, WebSocketLike } from './websocket.ts'

export interface Ended {
  readonly code: number
  readonly reason: string
  /** Whether the server's first frame had come. */
  readonly hadSession: boolean
  /** Whether the connection was up for long enough (STABLE_MS) to count as a success. */
  readonly stable: boolean
  readonly retryAfterMs: number | undefined
}

export interface ConnectionOptions {
  readonly url: string
  readonly protocols: string[]
  readonly WebSocket: WebSocketConstructor
  readonly codec: Codec
  readonly handshakeTimeoutMs: number
}

/** The owner of a connection, which is told what happens on it. */
export interface ConnectionOwner {
  /** Called before each request is sent. */
  sending(envelope: RequestEnvelope): void
  /** Called with the first frame. `resumed` tells which of the two types the session has. */
  opened(connection: Connection, session: ReadyPayload | ResumedPayload, resumed: boolean): void
  event(connection: Connection, event: EventEnvelope): void
  reply(reply: ReplyEnvelope): void
  draining(connection: Connection, payload: JsonObject): void
  /** Called exactly once. No other call follows. */
  ended(connection: Connection): void
}

/** Requests of the application never have this id. */
const HEARTBEAT_ID = 'heartbeat'

/** One socket, from the handshake to its end. It turns frames into values, and ends if the server is silent. */
export class Connection implements Line {
  /** How it ended. Undefined until then. */
  ended: Ended | undefined
  readonly #opened = deferred<void>()
  readonly #draining = deferred<number>()
  readonly #gone = new AbortController()
  readonly #owner: ConnectionOwner
  readonly #codec: Codec
  readonly #socket: WebSocketLike
  #session: ReadyPayload | undefined
  #heartbeat: Heartbeat | undefined
  #stable = false
  #cancelTerminate = () => {}

  /** Throws if the URL cannot be used for a handshake at all. */
  constructor({ url, protocols, WebSocket, codec, handshakeTimeoutMs }: ConnectionOptions, owner: ConnectionOwner) {
    this.#owner = owner
    this.#codec = codec
    this.#socket = new WebSocket(url, protocols)
    this.#socket.binaryType = 'arraybuffer'
    this.#listen()
    void this.#in(handshakeTimeoutMs, () => {
      if (!this.#session) this.close(CLOSE.normal, 'the handshake took too long')
    })
  }

  /** Resolves when the first frame has come, or when the connection ended without one. */
  get opened(): Promise<void> {
    return this.#opened.promise
  }

  /** Resolves with the `retry_after_ms` of the server's announcement that it is draining, or with 0 when the connection ended or is to be replaced. */
  get draining(): Promise<number> {
    return this.#draining.promise
  }

  /** Aborts when the connection ended. */
  get gone(): AbortSignal {
    return this.#gone.signal
  }

  /** Another connection is to take its place. */
  replace(): void {
    this.#draining.resolve(0)
  }

  /** Asks the server for a sign of life, because something may have happened to the network. */
  probe(): void {
    this.#heartbeat?.ask()
  }

  /** Throws PAYLOAD_TOO_LARGE if the server would close the connection for this size, and whatever the encoder throws. */
  send(envelope: RequestEnvelope): void {
    const content = this.#codec.encode(envelope)
    const limit = this.#session?.max_payload_bytes ?? Infinity
    if (contentBytes(content) > limit) {
      throw new DrumbeatError('PAYLOAD_TOO_LARGE', `more than ${limit} bytes`, { max_payload_bytes: limit })
    }
    this.#owner.sending(envelope)
    this.#socket.send(content)
  }

  close(code: number = CLOSE.normal, reason = ''): void {
    if (this.ended) return
    this.#socket.close(code, reason)
    // A dead peer never answers the close. A socket that has `terminate` is torn down after a while, so that no process waits for
    // it.
    this.#cancelTerminate = after(this.#socket.terminate ? TERMINATE_MS : Infinity, () => this.#socket.terminate?.())
    this.#end(code, reason)
  }

  #listen(): void {
    const socket = this.#socket
    let isOpen = false
    const closed = (event: unknown) => {
      const { code, reason } = event as Pick<Ended, 'code' | 'reason'>
      this.#cancelTerminate()
      this.#end(code, reason, parseRetryAfterMs(reason))
    }
    socket.addEventListener('open', () => (isOpen = true))
    socket.addEventListener('message', (event) => this.#message((event as { readonly data: unknown }).data))
    socket.addEventListener('close', closed)
    // Node 22 sends no close event if the connection was never opened. All other cases send one after the error.
    socket.addEventListener('error', () => isOpen || closed({ code: LOST, reason: '' }))
  }

  #message(content: unknown): void {
    if (this.ended) return
    this.#heartbeat?.heard()
    try {
      this.#dispatch(this.#codec.decode(content) as Frame)
    } catch (error) {
      this.close(CLOSE.gap, `unreadable frame: ${String(error)}`.slice(0, 40))
    }
  }

  /** Only the envelope is checked. The rest of a frame is taken on trust. */
  #dispatch(frame: Frame): void {
    const { eventType, payload } = frame
    if (eventType === undefined) throw new TypeError('not an envelope')
    if (eventType === SERVER_EVENT.ready) this.#onSession(payload as ReadyPayload, false)
    else if (eventType === SERVER_EVENT.resumed) this.#onSession(payload as ReadyPayload, true)
    else if (eventType === SERVER_EVENT.reply) this.#owner.reply(frame as ReplyEnvelope)
    else if (eventType === SERVER_EVENT.draining) {
      // The server still serves until it closes the connection, or until another connection has taken its place.
      this.#owner.draining(this, payload as JsonObject)
      this.#draining.resolve(readRetryAfterMs(payload) ?? 0)
    } else this.#owner.event(this, frame as EventEnvelope)
  }

  #onSession(session: ReadyPayload, resumed: boolean): void {
    this.#session = session
    void this.#in(STABLE_MS, () => {
      this.#stable = true
    })
    this.#heartbeat = new Heartbeat(
      session.ping_interval_ms,
      () => this.send({ id: HEARTBEAT_ID, eventType: EVENT.sessionPing, payload: {} }),
      () => this.close(CLOSE.noPong, 'the server is silent'),
    )
    this.#owner.opened(this, session, resumed)
    this.#opened.resolve()
  }

  #end(code: number, reason: string, retryAfterMs?: number): void {
    if (this.ended) return
    this.ended = { code, reason, retryAfterMs, hadSession: this.#session !== undefined, stable: this.#stable }
    this.#heartbeat?.stop()
    this.#owner.ended(this)
    this.#gone.abort()
    this.#opened.resolve()
    this.#draining.resolve(0)
  }

  /** Calls back after the time, or earlier if the connection has ended: then the call has no effect any more. */
  async #in(delayMs: number, callback: () => void): Promise<void> {
    await sleep(delayMs, [this.gone])
    callback()
  }
}

interface Frame {
  readonly eventType?: string
  readonly payload?: unknown
}

/** The reason of a close is JSON if it contains more than words. */
function parseRetryAfterMs(reason: string): number | undefined {
  try {
    return readRetryAfterMs(JSON.parse(reason))
  } catch {
    return undefined
  }
}
