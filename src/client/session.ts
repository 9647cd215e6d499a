import { CLOSE } from '../protocol/close-codes.ts'
import {
  EVENT,
  SUBPROTOCOL,
  type EventEnvelope,
  type JsonObject,
  type ReadyPayload,
  type ReplyEnvelope,
  type RequestEnvelope,
  type ResumedPayload,
} from '../protocol/events.ts'
import { Channels } from './channels.ts'
import { loadCodec, type Codec } from './codec.ts'
import { Connection, type Ended } from './connection.ts'
import { finalError, isTokenRefused, type Lost } from './ending.ts'
import { DrumbeatError } from './errors.ts'
import type { Gap, StatusChange } from './events.ts'
import type { Settings, TokenReason, TokenSource } from './options.ts'
import { askWhyRefused } from './refusal.ts'
import { after, backoffMs, sleep } from './timing.ts'

export interface SessionHooks {
  onStatus(change: StatusChange): void
  onEvent(event: EventEnvelope): void
  onReply(reply: ReplyEnvelope): void
  onDraining(payload: JsonObject): void
  onGap(gap: Gap): void
  onUp(): void
  onLost(): void
}

/** 1006 is what every WebSocket says where the connection did not come about, or was cut. */
const NEVER_OPENED = { code: 1006, hadSession: false, stable: false, retryAfterMs: undefined } as const

/** What survives a connection: one connection after the other, each resuming where the last one ended. */
export class Session {
  readonly #settings: Settings
  readonly #hooks: SessionHooks
  readonly #channels = new Channels()
  readonly #stop = new AbortController()
  readonly #first = Promise.withResolvers<void>()
  #token: TokenSource | undefined
  #tokenReason: TokenReason = 'connect'
  #connection: Connection | undefined
  #current: ReadyPayload | undefined
  #failures = 0
  #lastCause: unknown

  constructor(settings: Settings, hooks: SessionHooks) {
    this.#settings = settings
    this.#hooks = hooks
    this.#token = settings.token
  }

  /** As the server told it last. */
  get current(): ReadyPayload | undefined {
    return this.#current
  }

  get rooms(): string[] {
    return this.#channels.rooms
  }

  /** Aborts when the session ends for good. */
  get stopped(): AbortSignal {
    return this.#stop.signal
  }

  /** To be called once. Resolves with the server's first frame; rejects when there will be none. */
  async open(): Promise<void> {
    if (this.stopped.aborted) return this.#first.promise
    this.#hooks.onStatus({ status: 'connecting' })
    const cancel = after(this.#settings.connectTimeoutMs, () => {
      const message = `no session within ${this.#settings.connectTimeoutMs} ms`
      const error = new DrumbeatError('UNAVAILABLE', message, {}, { cause: this.#lastCause })
      this.end({ code: CLOSE.normal, reason: message, error })
    })
    this.#run().catch((error: unknown) => this.end({ code: CLOSE.normal, reason: String(error), error }))
    try {
      await this.#first.promise
    } finally {
      cancel()
    }
  }

  /** For good. Without an error it is the owner's wish. */
  end({ code, reason, error }: { code: number; reason: string; error?: unknown }): void {
    if (this.#stop.signal.aborted) return
    this.#stop.abort()
    this.#hooks.onStatus({ status: 'closed', code, reason, error })
    this.#connection?.close(CLOSE.normal, 'closed')
    this.#first.promise.catch(() => undefined) // nobody waits for it where `open` was never called
    this.#first.reject(error ?? new DrumbeatError('CLOSED', reason))
  }

  /** Only while up. */
  send(envelope: RequestEnvelope): void {
    const { room_id: room } = envelope.payload
    if (envelope.eventType === EVENT.roomJoin && typeof room === 'string') this.#channels.joining(room)
    this.#connection?.send(envelope)
  }

  /** Rooms are remembered from here, however the request was made. */
  settled(envelope: RequestEnvelope, data: JsonObject): void {
    const { room_id: room } = envelope.payload
    if (typeof room !== 'string') return
    if (envelope.eventType === EVENT.roomJoin) this.#channels.joined(room, Number(data.offset))
    if (envelope.eventType === EVENT.roomLeave) this.#channels.left(room)
  }

  /** A token given for a refresh is also the one for the next connection, unless there is a callback to ask. */
  async renewToken(token?: string): Promise<string> {
    const renewed = token ?? (await this.#askToken('expired'))
    if (renewed === undefined) throw new DrumbeatError('AUTH_REQUIRED', 'no token to refresh with')
    if (typeof this.#token !== 'function') this.#token = renewed
    return renewed
  }

  async #run(): Promise<void> {
    const codec = await loadCodec(this.#settings.encoding)
    while (!this.stopped.aborted) {
      const lost = await this.#live(codec)
      if (this.stopped.aborted) return
      const { code, reason } = lost
      const error = finalError(lost, {
        failures: lost.stable ? 0 : this.#failures,
        failuresMax: this.#settings.reconnect.attemptsMax,
        canRenewToken: typeof this.#token === 'function' && this.#tokenReason === 'connect',
      })
      if (error !== undefined) {
        this.end({ code, reason, error })
        return
      }
      const retryInMs = this.#lost(lost)
      if (this.#current) this.#hooks.onStatus({ status: 'reconnecting', code, reason, retryInMs })
      await sleep(retryInMs, [this.stopped])
    }
  }

  /** Returns when to try again. */
  #lost(lost: Lost): number {
    if (lost.stable) this.#failures = 0
    if (isTokenRefused(lost)) this.#tokenReason = 'expired'
    this.#lastCause = lost.cause
    const delayMs = backoffMs(this.#failures, this.#settings.reconnect)
    this.#failures++
    return lost.retryAfterMs ?? delayMs
  }

  /** One connection, to its end. */
  async #live(codec: Codec): Promise<Lost> {
    let token: string | undefined
    try {
      token = await this.#askToken(this.#tokenReason)
    } catch (cause) {
      return { ...NEVER_OPENED, reason: 'the token callback failed', cause }
    }
    const { promise, resolve } = Promise.withResolvers<Ended>()
    if (this.stopped.aborted) return { ...NEVER_OPENED, reason: 'closed' }
    this.#connection = this.#connect(codec, token, resolve)
    const ended = await promise
    if (ended.hadSession || ended.code !== NEVER_OPENED.code) return ended
    const refusal = await askWhyRefused(this.#settings.endpoint, token, this.stopped)
    return { ...ended, retryAfterMs: refusal?.retryAfterMs, cause: refusal }
  }

  #connect(codec: Codec, token: string | undefined, onEnd: (ended: Ended) => void): Connection {
    const { encoding, WebSocket, handshakeTimeoutMs, endpoint } = this.#settings
    const protocol = SUBPROTOCOL[encoding]
    return new Connection({
      url: endpoint + this.#resumeQuery(),
      protocols: token === undefined ? [protocol] : [protocol, `bearer.${token}`],
      WebSocket,
      codec,
      handshakeTimeoutMs,
      onSession: (session, resumed) => this.#onSession(session, resumed),
      onEvent: (event) => this.#onEvent(event),
      onReply: (reply) => this.#hooks.onReply(reply),
      onDraining: (payload) => this.#hooks.onDraining(payload),
      onEnd: (ended) => {
        this.#connection = undefined
        this.#hooks.onLost()
        onEnd(ended)
      },
    })
  }

  #resumeQuery(): string {
    if (this.#current === undefined) return ''
    const rooms = this.rooms.length === 0 ? '' : `&rooms=${this.rooms.join(',')}`
    return `?resume=${encodeURIComponent(this.#current.resume_token)}&since=${this.#channels.since}${rooms}`
  }

  #onSession(session: ReadyPayload | ResumedPayload, resumed: boolean): void {
    const before = this.#current
    this.#current = session
    this.#tokenReason = 'connect'
    if (resumed) this.#channels.resume(session as ResumedPayload)
    else this.#channels.start(session)
    const gap = resumed ? gapOf(session as ResumedPayload) : before && 'SESSION_NEW'
    this.#hooks.onStatus({ status: 'ready', session, recovered: before !== undefined && gap === undefined })
    this.#hooks.onUp()
    if (gap !== undefined) this.#hooks.onGap({ reason: gap, rooms: this.rooms })
    this.#first.resolve()
  }

  #onEvent(event: EventEnvelope): void {
    const verdict = this.#channels.take(event)
    if (verdict === 'deliver') this.#hooks.onEvent(event)
    if (verdict === 'gap') this.#connection?.close(CLOSE.gap, 'gap')
  }

  async #askToken(reason: TokenReason): Promise<string | undefined> {
    return typeof this.#token === 'function' ? await this.#token(reason) : this.#token
  }
}

function gapOf(session: ResumedPayload): Gap['reason'] | undefined {
  return session.recovered ? undefined : (session.reason ?? 'HISTORY_GONE')
}
