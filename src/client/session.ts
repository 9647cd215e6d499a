import { CLOSE } from '../protocol/close-codes.ts'
import { EVENT, SUBPROTOCOL, type JsonObject } from '../protocol/events.ts'
import type { EventEnvelope, ReadyPayload, ResumedPayload } from '../protocol/shapes/events.ts'
import type { ReplyEnvelope, RequestEnvelope } from '../protocol/shapes/commands.ts'
import { Channels } from './channels.ts'
import type { Codec } from './codec.ts'
import { Connection } from './connection.ts'
import { deferred } from './deferred.ts'
import { finalError, isTokenRefused, refusalOf, type Lost } from './ending.ts'
import { onNetworkHint } from './environment.ts'
import { DrumbeatError } from './errors.ts'
import type { Gap, StatusChange } from './events.ts'
import { loadCodec } from './load-codec.ts'
import type { Settings } from './options.ts'
import { askWhyRefused } from './refusal.ts'
import type { Line } from './requests.ts'
import { after, backoffMs, between, nowMs, sleep } from './timing.ts'
import { Tokens } from './tokens.ts'

export interface SessionHooks {
  onStatus(change: StatusChange): void
  onEvent(event: EventEnvelope): void
  onReply(reply: ReplyEnvelope): void
  onDraining(payload: JsonObject): void
  onGap(gap: Gap): void
  /** `lost`: rooms that it was in and that the server did not join again. */
  onUp(line: Line, lost: readonly string[]): void
  onLost(line: Line): void
  /** Whether the rooms of this session are about to change. */
  roomsUnderWay(): boolean
}

/** Longer lists are left to the server, which remembers them for a while: proxies and servers do not take a URL of any length. */
const ROOMS_LENGTH_MAX = 512

/** 1006 is what every WebSocket says where the connection did not come about, or was cut. */
const NEVER_OPENED = { code: 1006, hadSession: false, stable: false, retryAfterMs: undefined } as const

/** What survives a connection: one connection after the other, each resuming where the last one is or was. */
export class Session {
  readonly tokens: Tokens
  readonly #settings: Settings
  readonly #hooks: SessionHooks
  readonly #channels = new Channels()
  readonly #stop = new AbortController()
  readonly #first = deferred<void>()
  /** The one whose events count. */
  #connection: Connection | undefined
  /** The one that has no session yet. */
  #dialing: Connection | undefined
  #roomsAsked = ''
  #current: ReadyPayload | undefined
  #failures = 0
  #lastCause: unknown
  #tryNow = () => {}

  constructor(settings: Settings, hooks: SessionHooks) {
    this.#settings = settings
    this.#hooks = hooks
    this.tokens = new Tokens(settings.token)
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
      const why = this.#lastCause === undefined ? '' : `: ${messageOf(this.#lastCause)}`
      const message = `no session within ${this.#settings.connectTimeoutMs} ms${why}`
      const error = new DrumbeatError('UNAVAILABLE', message, {}, { cause: this.#lastCause })
      this.end({ code: CLOSE.normal, reason: message, error })
    })
    onNetworkHint(() => this.#onNetworkHint(), this.stopped)
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
    for (const connection of [this.#connection, this.#dialing]) connection?.close(CLOSE.normal, 'closed')
    this.#first.promise.catch(() => undefined) // nobody waits for it where `open` was never called
    this.#first.reject(error ?? new DrumbeatError('CLOSED', reason))
  }

  /** Rooms are remembered from here, however the request was made. */
  settled(envelope: RequestEnvelope, data: JsonObject): void {
    const room = envelope.payload.room_id ?? data.room_id
    if (typeof room !== 'string') return
    if (envelope.eventType === EVENT.roomJoin || envelope.eventType === EVENT.roomFind) {
      this.#channels.joined(room, Number(data.offset))
    }
    if (envelope.eventType === EVENT.roomLeave) this.#channels.left(room)
  }

  /** The room is no more. */
  forget(room: string): void {
    this.#channels.left(room)
  }

  async #run(): Promise<void> {
    const openCodec = await loadCodec(this.#settings.encoding)
    while (!this.stopped.aborted) {
      const lost = await this.#live(openCodec)
      if (this.stopped.aborted) return
      const { code, reason } = lost
      const error = finalError(lost, {
        failures: lost.stable ? 0 : this.#failures,
        failuresMax: this.#settings.reconnect.attemptsMax,
        canRenewToken: this.tokens.canRenew,
      })
      if (error !== undefined) {
        this.end({ code, reason, error })
        return
      }
      const retryInMs = this.#lost(lost)
      const retryAt = nowMs() + retryInMs
      if (this.#current) this.#hooks.onStatus({ status: 'reconnecting', code, reason, retryInMs, retryAt })
      await this.#pause(retryInMs, lost.retryAfterMs === undefined)
    }
  }

  /** Returns when to try again. */
  #lost(lost: Lost): number {
    if (lost.stable) this.#failures = 0
    if (isTokenRefused(lost)) this.tokens.refused(refusalOf(lost))
    this.#lastCause = lost.cause
    const delayMs = backoffMs(this.#failures, this.#settings.reconnect)
    this.#failures++
    return lost.retryAfterMs ?? delayMs
  }

  /** A time that the server gave is kept to; our own ends where the network may be back. */
  async #pause(delayMs: number, mayHurry: boolean): Promise<void> {
    const hurry = new AbortController()
    if (mayHurry) this.#tryNow = () => hurry.abort()
    await sleep(delayMs, [this.stopped, hurry.signal])
    this.#tryNow = () => {}
  }

  #onNetworkHint(): void {
    this.#tryNow()
    this.#connection?.probe()
  }

  /** From one connection, over those that take its place before it goes, to the loss of the last one. */
  async #live(openCodec: () => Codec): Promise<Lost> {
    const opened = await this.#dial(openCodec)
    if (!(opened instanceof Connection)) return opened
    let connection = opened
    let waitMs = await sentAway(connection)
    for (let failures = 0; ; failures++) {
      await sleep(waitMs, [connection.gone])
      if (connection.ended) return connection.ended
      const next = await this.#dial(openCodec)
      if (next instanceof Connection) {
        connection = next
        failures = 0
        waitMs = await sentAway(connection)
      } else {
        waitMs = next.retryAfterMs ?? backoffMs(failures, this.#settings.reconnect)
      }
    }
  }

  /** A connection with a session, or why there is none. */
  async #dial(openCodec: () => Codec): Promise<Connection | Lost> {
    let token: string | undefined
    try {
      token = await this.tokens.ask()
    } catch (cause) {
      const reason = cause instanceof DrumbeatError ? cause.message : `the token callback failed: ${messageOf(cause)}`
      return { ...NEVER_OPENED, reason, cause }
    }
    if (this.stopped.aborted) return { ...NEVER_OPENED, reason: 'closed' }
    const cause = this.tokens.refusedAgain
    if (cause) return { ...NEVER_OPENED, reason: cause.message, cause }
    const url = this.#settings.endpoint + this.#resumeQuery()
    const connection = this.#connect(openCodec(), { url, token })
    this.#dialing = connection
    await connection.opened
    this.#dialing = undefined
    const { ended } = connection
    if (!ended) return connection
    if (ended.hadSession || ended.code !== NEVER_OPENED.code) return ended
    const refusal = await askWhyRefused(url, token, this.stopped)
    return { ...ended, retryAfterMs: spread(refusal?.retryAfterMs), cause: refusal }
  }

  #connect(codec: Codec, { url, token }: { url: string; token: string | undefined }): Connection {
    const { encoding, WebSocket, handshakeTimeoutMs } = this.#settings
    const protocol = SUBPROTOCOL[encoding]
    return new Connection({
      url,
      protocols: token === undefined ? [protocol] : [protocol, `bearer.${token}`],
      WebSocket,
      codec,
      handshakeTimeoutMs,
      onSend: ({ eventType, payload: { room_id: room } }) => {
        if (eventType === EVENT.roomJoin && typeof room === 'string') this.#channels.joining(room)
      },
      onSession: (connection, session, resumed) => this.#onSession(connection, session, resumed),
      onEvent: (connection, event) => this.#onEvent(connection, event),
      onReply: (reply) => this.#hooks.onReply(reply),
      onDraining: (connection, payload) => {
        if (connection === this.#connection) this.#hooks.onDraining(payload)
      },
      onEnd: (connection) => {
        if (connection === this.#connection) this.#connection = undefined
        this.#hooks.onLost(connection)
      },
    })
  }

  #resumeQuery(): string {
    this.#roomsAsked = this.rooms.join(',')
    if (this.#current === undefined) return ''
    const rooms = this.#roomsAsked.length > ROOMS_LENGTH_MAX ? '' : `&rooms=${this.#roomsAsked}`
    return `?resume=${encodeURIComponent(this.#current.resume_token)}&since=${this.#channels.since}${rooms}`
  }

  #onSession(connection: Connection, session: ReadyPayload | ResumedPayload, resumed: boolean): void {
    // While one was dialled, the other one was told to join or leave: the server knows of that only there.
    if (this.rooms.join(',') !== this.#roomsAsked || this.#hooks.roomsUnderWay()) {
      connection.close(CLOSE.normal, 'the rooms have changed')
      return
    }
    const before = this.#current
    const wanted = this.rooms
    this.#current = session
    this.tokens.accepted()
    // From here on its events count: they begin at a cursor that the old connection has passed, so nothing is left out.
    this.#connection = connection
    if (resumed) this.#channels.resume(session as ResumedPayload)
    else this.#channels.start(session)
    const lost = before ? wanted.filter((room) => !this.rooms.includes(room)) : []
    const gap = resumed ? gapOf(session as ResumedPayload, lost) : before && 'SESSION_NEW'
    this.#hooks.onStatus({ status: 'ready', session, recovered: before !== undefined && gap === undefined })
    this.#hooks.onUp(connection, lost)
    if (gap !== undefined) this.#hooks.onGap({ reason: gap, rooms: [...this.rooms, ...lost] })
    this.#first.resolve()
  }

  #onEvent(connection: Connection, event: EventEnvelope): void {
    if (connection !== this.#connection) return
    const verdict = this.#channels.take(event)
    if (verdict === 'deliver') this.#hooks.onEvent(event)
    if (verdict === 'gap') connection.close(CLOSE.gap, 'gap')
  }
}

/** Resolves when the connection is to be replaced, with a random part of the time it gave; at once where it ended. */
async function sentAway(connection: Connection): Promise<number> {
  return between(0, (await connection.draining) ?? 0)
}

/** A refusal gives everybody the same time. */
function spread(retryAfterMs: number | undefined): number | undefined {
  return retryAfterMs === undefined ? undefined : between(retryAfterMs, retryAfterMs * 1.5)
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

function gapOf({ recovered, reason }: ResumedPayload, lost: readonly string[]): Gap['reason'] | undefined {
  if (!recovered) return reason ?? 'HISTORY_GONE'
  return lost.length > 0 ? 'ROOMS_UNKNOWN' : undefined
}
