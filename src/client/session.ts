import * as CLOSE from '../protocol/close-code.ts'
import * as EVENT from '../protocol/event-names.ts'
import * as SERVER_EVENT from '../protocol/server-event-names.ts'
import { SUBPROTOCOL, type JsonObject } from '../protocol/events.ts'
import type { EventEnvelope, ReadyPayload, ResumedPayload } from '../protocol/shapes/events.ts'
import type { ReplyEnvelope, RequestEnvelope } from '../protocol/shapes/commands.ts'
import { Channels } from './channels.ts'
import type { Codec } from './codec.ts'
import { Connection, type ConnectionOwner } from './connection.ts'
import { deferred } from './deferred.ts'
import type { Emitter } from './emitter.ts'
import { finalError, isTokenRefused, type Lost } from './ending.ts'
import { onNetworkHint } from './environment.ts'
import { DrumbeatError } from './errors.ts'
import type { ClientEvents, Gap, StatusChange } from './events.ts'
import { LOST, ROOMS_LENGTH_MAX } from './limits.ts'
import { loadCodec } from './load-codec.ts'
import type { Settings } from './options.ts'
import { askWhyRefused } from './refusal.ts'
import type { Requests } from './requests.ts'
import { after, backoffMs, between, nowMs, sleep } from './timing.ts'
import { Tokens } from './tokens.ts'

export interface SessionHooks {
  onStatus(change: StatusChange): void
  onEvent(event: EventEnvelope): void
  /**
   * Called for each room of the session that the server did not join again. It must be joined before any other request is sent.
   */
  onRoomLost(room: string): void
}

/**
 * What survives a connection. It opens one connection after the other, and each resumes where the one before it ended, or still
 * is.
 */
export class Session implements ConnectionOwner {
  readonly tokens: Tokens
  /** The session as the server last described it. */
  current: ReadyPayload | undefined
  readonly #settings: Settings
  readonly #requests: Requests
  readonly #emitter: Emitter<ClientEvents>
  readonly #hooks: SessionHooks
  readonly #channels = new Channels()
  readonly #stop = new AbortController()
  readonly #first = deferred<void>()
  /** The connection whose events count. */
  #connection: Connection | undefined
  /** The connection that has no session yet. */
  #dialing: Connection | undefined
  #endpoint: string
  #roomsAsked = ''
  #failures = 0
  #lastCause: DrumbeatError | undefined
  #tryNow = () => {}

  constructor(settings: Settings, requests: Requests, emitter: Emitter<ClientEvents>, hooks: SessionHooks) {
    this.#settings = settings
    this.#requests = requests
    this.#emitter = emitter
    this.#hooks = hooks
    this.tokens = new Tokens(settings.token)
    this.#endpoint = settings.endpointOf()
  }

  get rooms(): string[] {
    return this.#channels.rooms
  }

  /** Aborts when the session ends for good. */
  get stopped(): AbortSignal {
    return this.#stop.signal
  }

  /** Call this once. Resolves with the server's first frame. Rejects when it is certain that none will come. */
  open(): Promise<void> {
    if (this.stopped.aborted) return this.#first.promise
    const { connectTimeoutMs } = this.#settings
    this.#hooks.onStatus({ status: 'connecting' })
    const cancel = after(connectTimeoutMs, () => {
      const cause = this.#lastCause
      const message = `no session within ${connectTimeoutMs} ms${cause ? `: ${cause.message}` : ''}`
      this.end(message, new DrumbeatError('UNAVAILABLE', message, {}, { cause }))
    })
    const hint = () => {
      this.#tryNow()
      this.#connection?.probe()
    }
    onNetworkHint(hint, this.stopped)
    this.#run().catch((error: unknown) => this.end(String(error), error))
    return this.#first.promise.finally(cancel)
  }

  /** Ends the session for good. Without an error, because the owner wants it. */
  end(reason: string, error?: unknown, code: number = CLOSE.normal): void {
    if (this.stopped.aborted) return
    this.#stop.abort()
    this.#hooks.onStatus({ status: 'closed', code, reason, error })
    for (const connection of [this.#connection, this.#dialing]) connection?.close(CLOSE.normal, 'closed')
    this.#first.promise.catch(() => undefined) // nobody waits for it if `open` was never called
    this.#first.reject(error ?? new DrumbeatError('CLOSED', reason))
  }

  /** Keeps the list of rooms, whichever way a join or leave was requested. */
  settled(envelope: RequestEnvelope, data: JsonObject): void {
    const room = envelope.payload.room_id ?? data.room_id
    if (typeof room !== 'string') return
    if (envelope.eventType === EVENT.roomJoin || envelope.eventType === EVENT.roomFind) {
      this.#channels.joined(room, Number(data.offset))
    }
    if (envelope.eventType === EVENT.roomLeave) this.#channels.left(room)
  }

  /** Goes to the node with this address: with a new connection, before the old one is closed. Returns whether it may. */
  move(url: string): boolean {
    const endpoint = this.#settings.endpointOf(url)
    // The token is not sent in the clear because a server says so.
    if (this.#endpoint.startsWith('wss') && !endpoint.startsWith('wss')) return false
    this.#endpoint = endpoint
    this.#connection?.replace()
    return true
  }

  /** The room no longer exists. */
  forget(room: string): void {
    this.#channels.left(room)
  }

  async #run(): Promise<void> {
    const openCodec = await loadCodec(this.#settings.encoding)
    while (!this.stopped.aborted) {
      const lost = await this.#live(openCodec)
      if (this.stopped.aborted) return
      if (lost.stable) this.#failures = 0
      const isLastAttempt = this.#failures >= this.#settings.reconnect.attemptsMax
      const error = finalError(lost, isLastAttempt, this.tokens.canRenew)
      if (error) this.end(lost.reason, error, lost.code)
      else await this.#pause(lost)
    }
  }

  /**
   * Waits before the next attempt. A time from the server is always waited out. Our own ends early if the network may be back.
   */
  async #pause(lost: Lost): Promise<void> {
    const { code, reason, retryAfterMs } = lost
    if (isTokenRefused(lost)) this.tokens.refused(lost.cause)
    this.#lastCause = lost.cause
    const retryInMs = retryAfterMs ?? backoffMs(this.#failures, this.#settings.reconnect)
    this.#failures++
    const retryAt = nowMs() + retryInMs
    if (this.current) this.#hooks.onStatus({ status: 'reconnecting', code, reason, retryInMs, retryAt })
    const hurry = new AbortController()
    if (retryAfterMs === undefined) this.#tryNow = () => hurry.abort()
    await sleep(retryInMs, [this.stopped, hurry.signal])
  }

  /** Runs from one connection, over others that replace it before it closes, to the loss of the last one. */
  async #live(openCodec: () => Codec): Promise<Lost> {
    let connection: Connection | undefined
    let waitMs = 0
    for (let failures = 0; ;) {
      const next = await this.#dial(openCodec)
      if (next instanceof Connection) {
        connection = next
        failures = 0
        // A random part of the time that the server announced.
        waitMs = between(0, await next.draining)
      } else if (!connection) return next
      else waitMs = next.retryAfterMs ?? backoffMs(failures++, this.#settings.reconnect)
      await sleep(waitMs, [connection.gone])
      if (connection.ended) return connection.ended
    }
  }

  /** Resolves with a connection that has a session, or with why there is none. */
  async #dial(openCodec: () => Codec): Promise<Connection | Lost> {
    const { endpointOf, encoding, WebSocket, handshakeTimeoutMs } = this.#settings
    let token: string | undefined
    try {
      token = await this.tokens.ask()
    } catch (cause) {
      return neverOpened(cause as DrumbeatError)
    }
    const { refusedAgain } = this.tokens
    if (refusedAgain || this.stopped.aborted) return neverOpened(refusedAgain)
    const url = this.#endpoint + this.#resumeQuery()
    const protocols: string[] = [SUBPROTOCOL[encoding]]
    if (token !== undefined) protocols.push(`bearer.${token}`)
    const connection = new Connection({ url, protocols, WebSocket, codec: openCodec(), handshakeTimeoutMs }, this)
    this.#dialing = connection
    await connection.opened
    this.#dialing = undefined
    const { ended } = connection
    if (!ended) return connection
    // Another node may be there.
    if (!ended.hadSession) this.#endpoint = endpointOf()
    if (ended.hadSession || ended.code !== LOST) return ended
    const cause = await askWhyRefused(url, token, this.stopped)
    const afterMs = cause?.retryAfterMs
    // The server gives all refused clients the same time, so up to half of it is added at random.
    return { ...ended, retryAfterMs: afterMs && between(afterMs, afterMs * 1.5), cause }
  }

  #resumeQuery(): string {
    this.#roomsAsked = this.rooms.join(',')
    if (!this.current) return ''
    const rooms = this.#roomsAsked.length > ROOMS_LENGTH_MAX ? '' : `&rooms=${this.#roomsAsked}`
    return `?resume=${encodeURIComponent(this.current.resume_token)}&since=${this.#channels.since}${rooms}`
  }

  sending({ eventType, payload: { room_id: room } }: RequestEnvelope): void {
    if (eventType === EVENT.roomJoin && typeof room === 'string') this.#channels.joining(room)
  }

  opened(connection: Connection, session: ReadyPayload | ResumedPayload, resumed: boolean): void {
    // While this connection was opened, the old one joined or left a room, or was asked to. Only that connection's session knows
    // of it.
    if (this.rooms.join(',') !== this.#roomsAsked || this.#requests.roomsUnderWay) {
      connection.close(CLOSE.normal, 'the rooms have changed')
      return
    }
    const isFirst = !this.current
    const wanted = this.rooms
    this.current = session
    this.tokens.accepted()
    // From here on the events of this connection count. They begin at a cursor that the old connection has passed, so none is
    // missed.
    this.#connection = connection
    if (resumed) this.#channels.resume(session as ResumedPayload)
    else this.#channels.start(session)
    const lost = isFirst ? [] : wanted.filter((room) => !this.rooms.includes(room))
    const reason = resumed ? gapOf(session as ResumedPayload, lost) : isFirst ? undefined : 'SESSION_NEW'
    this.#hooks.onStatus({ status: 'ready', session, recovered: !isFirst && !reason })
    this.#requests.up(connection, () => lost.forEach((room) => this.#hooks.onRoomLost(room)))
    if (reason) this.#emitter.emit('gap', { reason, rooms: [...this.rooms, ...lost] })
    this.#first.resolve()
  }

  event(connection: Connection, event: EventEnvelope): void {
    if (connection !== this.#connection) return
    const verdict = this.#channels.take(event)
    if (verdict === 'deliver') this.#hooks.onEvent(event)
    if (verdict === 'gap') connection.close(CLOSE.gap, 'gap')
  }

  reply(reply: ReplyEnvelope): void {
    const error = this.#requests.settle(reply)
    if (error) this.#emitter.emit('error', error)
  }

  draining(connection: Connection, payload: JsonObject): void {
    if (connection !== this.#connection) return
    this.#requests.draining()
    this.#hooks.onStatus({ status: 'draining' })
    this.#emitter.emit(SERVER_EVENT.draining, payload)
  }

  ended(connection: Connection): void {
    if (connection === this.#connection) this.#connection = undefined
    this.#requests.lost(connection)
  }
}

function neverOpened(cause?: DrumbeatError): Lost {
  return {
    code: LOST,
    reason: cause?.message ?? 'closed',
    hadSession: false,
    stable: false,
    retryAfterMs: undefined,
    cause,
  }
}

function gapOf({ recovered, reason }: ResumedPayload, lost: readonly string[]): Gap['reason'] | undefined {
  if (!recovered) return reason ?? 'HISTORY_GONE'
  return lost.length > 0 ? 'ROOMS_UNKNOWN' : undefined
}
