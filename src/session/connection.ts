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

/** What came before the first frame was sent, kept so that it is answered after it. */
const EARLY_FRAMES_MAX = 64

const utf8 = new TextDecoder()

/** A frame from the client. */
export interface Incoming {
  readonly bytes: Uint8Array
  /** What the transport found wrong in the value: the frame cannot say it, and is to be refused with this. */
  readonly refusal?: Refusal | undefined
}

/** What all connections of a worker have in common. */
export interface ConnectionShared {
  readonly rates: RateOptions
  readonly shares: Shares
  readonly traffic: Traffic
  readonly clock: Clock
}

/** Takes the place of a connection's topics while its client reads too slowly: see `lag.ts`. */
export interface SlowReading {
  /** What waits for the client outside of the socket's buffer. */
  readonly bytes: number
  /** The client has read something. Returns true if it has caught up, and so this is over. */
  drained(): boolean
  /** The client has left the channel, and its reply does not wait for what waits here: nothing of it may come behind that. */
  left(channel: Channel): void
  end(): void
}

/** The rooms with games that a connection is in: what it sees of them goes by topics of its own. */
export interface Watching {
  /** The client reads too slowly: it gets nothing of them until `resume`. */
  pause(): void
  resume(): void
}

/** One connection: who it is, what it may send, which rooms it is in, how it is answered and closed. */
export class Connection implements Caller {
  readonly id: string
  /** Of this worker's own, from 1 on: what the primary knows its requests by. */
  readonly number: number
  readonly namespace: Namespace
  readonly access: Access
  /** See `become`. */
  userId: UserId
  readonly encoding: Encoding
  readonly addressKey: string
  /** Joined. */
  readonly rooms = new SmallSet<RoomId>()
  /** Subscribed to. */
  readonly channels = new SmallSet<Channel>()
  /** Monotonic; Infinity: never. A wall clock that jumps ends no session whose token was good. */
  expiresAtNowMs = Infinity
  /** What its token was verified with; null: no token. */
  tokenKey: VerifyKey | null
  /** Since when that key counts no more, monotonic; 0: it does. */
  keyGoneSinceMs = 0
  /** Since when the client takes nothing, monotonic; 0: it does. */
  stalledSinceMs = 0
  /** Requests of its client that the primary has not answered. */
  callsUnderWay = 0
  /** A whole frame came, or a pong, since the last sweep. */
  wasHeard = true
  /** When one had come, monotonic, as the sweeps saw it. */
  heardAtMs = 0
  /** It was asked for a sign of life since. */
  wasAsked = false
  /** Is there while the client reads too slowly. */
  lag: SlowReading | undefined
  /** Is there while it is in a room with a game. */
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

  /** What it may send, what its user may, and what takes turns: there only while there is something to remember. */
  get limits(): ConnectionLimits {
    return (this.#limits ??= new ConnectionLimits(this.#shared.rates, this.#shared.clock.nowMs()))
  }

  /** Of its user. */
  get share(): Share {
    return (this.#share ??= this.#shared.shares.of(this.shareKey))
  }

  get shareKey(): string {
    return this.#shared.shares.keyOf(this)
  }

  /** The guest is another one. Only before it is open. */
  become(userId: UserId): void {
    this.userId = userId
    this.#share = undefined
  }

  get turns(): Turns {
    return (this.#turns ??= new Turns())
  }

  /** @param unixMs of the token that was verified just now; null: never */
  expiresAt(unixMs: number | null): void {
    const { clock } = this.#shared
    this.expiresAtNowMs = unixMs === null ? Infinity : clock.nowMs() + unixMs - clock.wallMs()
  }

  /** Lets go of what an idle connection does not need. To be called now and then. */
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

  /** What its client has not taken. */
  get waitingBytes(): number {
    return this.#socket.bufferedBytes() + (this.lag?.bytes ?? 0)
  }

  /** The first frame was sent, so it was counted among the open ones. */
  get wasOpen(): boolean {
    return this.#wasOpen
  }

  /** Why this side closed it, whatever the client says; undefined: it did not. */
  get closedWith(): CloseCode | undefined {
    return this.#closedWith
  }

  /** Keeps a copy of a frame that came too early. false: too many did. */
  keepEarly({ bytes, refusal }: Incoming): boolean {
    this.#early ??= []
    if (this.#early.length >= EARLY_FRAMES_MAX) return false
    this.#early.push({ bytes: bytes.slice(), refusal })
    return true
  }

  /** The first frame was sent; gives what came before it. */
  opened(): readonly Incoming[] {
    if (this.#state === 'opening') this.#state = 'open'
    this.#wasOpen = true
    const early = this.#early ?? []
    this.#early = undefined
    return early
  }

  /** Runs `action` now, or once the client has read what waits for it. */
  whenRead(action: () => void): void {
    if (this.#socket.bufferedBytes() === 0) action()
    else this.#onRead = action
  }

  /** The transport says that the client has read something. */
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

  /** What concerns this connection alone. */
  sendEvent<Type extends keyof OwnEvents>(eventType: Type, payload: OwnEvents[Type]): void {
    this.#send(encodeFrame({ eventType, payload }, this.encoding))
  }

  /** What it is told of a room that it is in, and that is in no log. */
  sendInRoom(eventType: string, room: RoomId, payload: object): void {
    this.#send(encodeFrame({ eventType, room, payload }, this.encoding))
  }

  /** @param frame whole: JSON, or a binary frame of a game */
  sendPatch(frame: Uint8Array): void {
    this.#send(this.encoding === 'json' ? utf8.decode(frame) : frame)
  }

  /** Events that this connection alone gets. */
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

  /** One answer to a request; a failure is said also where no `id` asked for it. */
  reply(id: string | undefined, result: JsonObject | WithState | Refusal, traceparent?: string): void {
    if (isRefusal(result)) {
      const trace = traceparent === undefined ? {} : { traceparent }
      const replyTo = id === undefined ? {} : { replyTo: id }
      const reply = { eventType: SERVER_EVENT.reply, ...replyTo, success: false, error: result.toBody(), ...trace }
      const frame = encodeFrame(reply, this.encoding)
      // Else whoever is over the share would stay so by being told.
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

  /** The transport says that the socket is gone. */
  closed(): void {
    this.#state = 'closed'
    this.#early = undefined
    this.#onRead = undefined
    this.#turns?.clear()
  }

  /** `retry_after_ms` stands in the reason, for clients to spread their return. */
  closeForDrain(retryAfterMs: number): void {
    this.close(CLOSE.draining, JSON.stringify({ retry_after_ms: retryAfterMs }))
  }

  /** It may come back then. */
  closeForRate(retryAfterMs: number): void {
    this.close(CLOSE.rateLimit, JSON.stringify({ retry_after_ms: retryAfterMs }))
  }

  /** Whoever asks pays for the answer. */
  #sendReply(frame: string | Uint8Array): void {
    this.share.spend(this.#send(frame))
  }

  /** Returns its bytes. */
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
