import type { Clock } from '../base/clock.ts'
import { SmallSet } from '../base/small-set.ts'
import { inEncoding } from '../fanout/encodings.ts'
import type { Refusal } from '../protocol/errors.ts'
import { CLOSE, type CloseCode } from '../protocol/close-codes.ts'
import { encodeFrame, encodeReply } from '../protocol/codec.ts'
import { SERVER_EVENT, type Encoding, type JsonObject } from '../protocol/events.ts'
import type { Channel, Namespace, RoomId, UserId } from '../protocol/ids.ts'
import type { OwnEvents } from '../protocol/shapes/events.ts'
import type { PlacedEvent } from '../protocol/placed-event.ts'
import type { VerifyKey } from '../auth/verify-key.ts'
import type { Accepted, Access } from '../door/handshake.ts'
import type { Caller } from './calls-under-way.ts'
import { ConnectionLimits, type RateOptions } from './limits.ts'
import type { Share } from './share.ts'
import type { Shares } from './shares.ts'
import type { Socket } from './socket.ts'
import { encodeStateReply, WithState } from './state-reply.ts'
import type { Traffic } from './traffic.ts'
import { Turns } from './turns.ts'

/** How many frames that come before the first frame was sent are kept. They are answered after it. */
const EARLY_FRAMES_MAX = 64

const utf8 = new TextDecoder()

/** A frame from the client. */
export interface Incoming {
  readonly bytes: Uint8Array
  /** Present if the transport found something wrong with the frame. The frame is refused with this. */
  readonly refusal?: Refusal | undefined
}

/** What all connections of a worker share. */
export interface ConnectionShared {
  readonly rates: RateOptions
  readonly shares: Shares
  readonly traffic: Traffic
  readonly clock: Clock
}

/** Takes the place of a connection's topics while its client reads too slowly, see `lag.ts`. */
export interface SlowReading {
  /** The bytes that wait for the client outside of the socket's buffer. */
  readonly bytes: number
  /** Call this when the client has read something. Returns true if the client has caught up, which ends the slow reading. */
  drained(): boolean
  /**
   * Call this when the client has left the channel. Events of the channel that wait here are dropped, because the reply to the
   * leave does not wait for them, and none may come after it.
   */
  left(channel: Channel): void
  end(): void
}

/** The rooms with games that a connection is in. Their patches go by topics of their own. */
export interface Watching {
  /** Call this when the client reads too slowly. It gets no patches until `resume`. */
  pause(): void
  resume(): void
}

/** One connection: its user, its limits and its rooms, and how it is answered and closed. */
export class Connection implements Caller {
  readonly id: string
  /** Unique in this worker, from 1 on. The primary knows the connection's requests by it. */
  readonly number: number
  readonly namespace: Namespace
  readonly access: Access
  /** Changes in `become` only. */
  userId: UserId
  readonly encoding: Encoding
  readonly addressKey: string
  /** The rooms that it has joined. */
  readonly rooms = new SmallSet<RoomId>()
  /** The channels that it is subscribed to. */
  readonly channels = new SmallSet<Channel>()
  /** Monotonic; Infinity means never. So a jump of the wall clock ends no session whose token is valid. */
  expiresAtNowMs = Infinity
  /** The key that verified its token. Null if there is no token. */
  tokenKey: VerifyKey | null
  /** When that key was removed from the key set, monotonic. 0 while the key is valid. */
  keyGoneSinceMs = 0
  /** Since when the client has read nothing, monotonic. 0 while it reads. */
  stalledSinceMs = 0
  /** How many requests of its client the primary has not answered. */
  callsUnderWay = 0
  /** Whether a whole frame or a pong has come since the last sweep. */
  wasHeard = true
  /** When a sweep last saw that one had come, monotonic. */
  heardAtMs = 0
  /** Whether a sweep has pinged the client since then. */
  wasAsked = false
  /** Present while the client reads too slowly. */
  lag: SlowReading | undefined
  /** Present while the connection is in a room with a game. */
  watching: Watching | undefined
  readonly #socket: Socket
  readonly #shared: ConnectionShared
  #limits: ConnectionLimits | undefined
  #share: Share | undefined
  #turns: Turns | undefined
  #closedWith: CloseCode | undefined
  #state: 'opening' | 'open' | 'closed' = 'opening'
  #wasOpen = false
  #early: Incoming[] | undefined
  #onRead: (() => void) | undefined

  constructor(
    socket: Socket,
    accepted: Accepted,
    { id, number }: { readonly id: string; readonly number: number },
    shared: ConnectionShared,
  ) {
    this.id = id
    this.number = number
    this.namespace = accepted.namespace
    this.access = accepted.access
    this.userId = accepted.userId
    this.encoding = accepted.encoding
    this.addressKey = accepted.addressKey
    this.#shared = shared
    this.tokenKey = accepted.tokenKey
    this.expiresAt(accepted.expiresAtMs)
    this.#socket = socket
  }

  /** What the connection may send. Like `share` and `turns`, this exists only while there is something to remember. */
  get limits(): ConnectionLimits {
    return (this.#limits ??= new ConnectionLimits(this.#shared.rates, this.#shared.clock.nowMs()))
  }

  get share(): Share {
    return (this.#share ??= this.#shared.shares.of(this.shareKey))
  }

  get shareKey(): string {
    return this.#shared.shares.keyOf(this)
  }

  /** Gives a guest another id. Call this only before the connection is open. */
  become(userId: UserId): void {
    this.userId = userId
    this.#share = undefined
  }

  get turns(): Turns {
    return (this.#turns ??= new Turns())
  }

  /** @param unixMs when the token that was just verified expires; null means never */
  expiresAt(unixMs: number | null): void {
    const { clock } = this.#shared
    this.expiresAtNowMs = unixMs === null ? Infinity : clock.nowMs() + unixMs - clock.wallMs()
  }

  /** Frees what an idle connection does not need. Call this from time to time. */
  rest(nowMs: number): void {
    if (this.#limits?.isAtRest(nowMs) === true) this.#limits = undefined
    if (this.#share?.isAtRest(nowMs) === true) this.#share = undefined
    if (this.#turns?.isIdle === true) this.#turns = undefined
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  get isClosed(): boolean {
    return this.#state === 'closed'
  }

  get socket(): Socket {
    return this.#socket
  }

  /** The bytes that its client has not read. */
  get waitingBytes(): number {
    return this.#socket.bufferedBytes() + (this.lag?.bytes ?? 0)
  }

  /** Whether the first frame was sent, so that the connection was counted as open. */
  get wasOpen(): boolean {
    return this.#wasOpen
  }

  /** The code with which this side closed it, whatever the client says. Undefined if this side did not close it. */
  get closedWith(): CloseCode | undefined {
    return this.#closedWith
  }

  /** Keeps a copy of a frame that came too early. Returns false if there are too many. */
  keepEarly({ bytes, refusal }: Incoming): boolean {
    this.#early ??= []
    if (this.#early.length >= EARLY_FRAMES_MAX) return false
    this.#early.push({ bytes: bytes.slice(), refusal })
    return true
  }

  /** Call this when the first frame was sent. Returns the frames that came before it. */
  opened(): readonly Incoming[] {
    if (this.#state === 'opening') this.#state = 'open'
    this.#wasOpen = true
    const early = this.#early ?? []
    this.#early = undefined
    return early
  }

  /** Runs `action` now if nothing waits for the client, otherwise as soon as the client has read everything. */
  whenRead(action: () => void): void {
    if (this.#socket.bufferedBytes() === 0) action()
    else this.#onRead = action
  }

  /** The transport calls this when the client has read something. */
  drained(): void {
    this.stalledSinceMs = 0
    if (this.lag?.drained() === true) {
      this.lag = undefined
      this.watching?.resume()
    }
    if (!this.#onRead || this.#socket.bufferedBytes() > 0) return
    const action = this.#onRead
    this.#onRead = undefined
    action()
  }

  /** Sends an event that concerns only this connection. */
  sendEvent<Type extends keyof OwnEvents>(eventType: Type, payload: OwnEvents[Type]): void {
    this.#send(encodeFrame({ eventType, payload }, this.encoding))
  }

  /** Sends an event about a room that the connection is in. Such events are in no log. */
  sendInRoom(eventType: string, room: RoomId, payload: object): void {
    this.#send(encodeFrame({ eventType, room, payload }, this.encoding))
  }

  /** @param frame the whole frame of a patch: JSON, or a binary frame of a game */
  sendPatch(frame: Uint8Array): void {
    this.#send(this.encoding === 'json' ? utf8.decode(frame) : frame)
  }

  /** Sends events from the log to this connection alone. */
  sendPlaced(events: readonly PlacedEvent[]): void {
    const isBinary = this.encoding === 'msgpack'
    this.#socket.cork(() => {
      for (const event of events) {
        const frame = inEncoding(event.frame, this.encoding)
        this.#shared.traffic.sentBytes += frame.length
        this.#socket.sendBuilt(frame, isBinary, event)
      }
    })
  }

  /** Sends one answer to a request. An error is sent even if the request has no `id`. */
  reply(id: string | undefined, result: JsonObject | WithState | Refusal, traceparent?: string): void {
    if (isRefusal(result)) {
      const trace = traceparent === undefined ? {} : { traceparent }
      const replyTo = id === undefined ? {} : { replyTo: id }
      const reply = { eventType: SERVER_EVENT.reply, ...replyTo, success: false, error: result.toBody(), ...trace }
      const frame = encodeFrame(reply, this.encoding)
      // A RATE_LIMITED answer costs nothing, because otherwise it would keep the user above the limit.
      if (result.code === 'RATE_LIMITED') this.#send(frame)
      else this.#sendReply(frame)
    } else if (id === undefined) return
    else if (result instanceof WithState) this.#sendReply(encodeStateReply(id, result, traceparent, this.encoding))
    else this.#sendReply(encodeReply(id, result, traceparent, this.encoding))
  }

  close(code: CloseCode, reason: string): void {
    if (this.#state === 'closed') return
    this.#closedWith ??= code
    this.#socket.close(code, reason)
  }

  /** The transport calls this when the socket is gone. */
  closed(): void {
    this.#state = 'closed'
    this.#early = undefined
    this.#onRead = undefined
    this.#turns?.clear()
  }

  /** The reason contains `retry_after_ms`, with which clients spread their return. */
  closeForDrain(retryAfterMs: number): void {
    this.close(CLOSE.draining, JSON.stringify({ retry_after_ms: retryAfterMs }))
  }

  /** The reason says when the client may come back. */
  closeForRate(retryAfterMs: number): void {
    this.close(CLOSE.rateLimit, JSON.stringify({ retry_after_ms: retryAfterMs }))
  }

  /** A reply counts against the share of the user who asked for it. */
  #sendReply(frame: string | Uint8Array): void {
    this.share.spend(this.#send(frame))
  }

  /** Returns the number of bytes sent. */
  #send(frame: string | Uint8Array): number {
    if (this.#state === 'closed') return 0
    const bytes = Buffer.byteLength(frame)
    this.#shared.traffic.sentBytes += bytes
    this.#socket.send(frame)
    return bytes
  }
}

function isRefusal(result: JsonObject | WithState | Refusal): result is Refusal {
  return result instanceof Error
}
