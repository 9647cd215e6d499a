import { CLOSE } from '../protocol/close-codes.ts'
import {
  EVENT,
  SERVER_EVENT,
  type JsonObject,
  type JsonValue,
  type ReadyPayload,
  type Receipt,
} from '../protocol/events.ts'
import type { PresencePage } from '../protocol/page.ts'
import type { BroadcastPayload } from '../protocol/payloads.ts'
import { Emitter } from './emitter.ts'
import type {
  ClientEvents,
  GameEvent,
  JoinedRoom,
  Message,
  RequestType,
  RequestTypes,
  Status,
  StatusChange,
} from './events.ts'
import { readOptions, type ClientOptions } from './options.ts'
import { purchase, type Order } from './purchase.ts'
import { Requests, type RequestOptions } from './requests.ts'
import { Session } from './session.ts'
import { after } from './timing.ts'

/**
 * One player's line to the game: it connects, stays connected, and resumes without a hole. Events come through `on`;
 * requests are promises that reject with a DrumbeatError, or with the reason of the AbortSignal they were given.
 */
export class GameClient {
  readonly #emitter = new Emitter<ClientEvents>()
  readonly #session: Session
  readonly #requests: Requests
  readonly #options: ClientOptions
  #status: Status = 'connecting'
  #opening: Promise<void> | undefined
  /** Events of the first moment, kept until who awaits `connect` has had a turn to put handlers on. */
  #held: GameEvent[] | undefined = []
  #cancelRelease = () => {}

  constructor(options: ClientOptions) {
    const settings = readOptions(options)
    this.#options = options
    this.#session = new Session(settings, {
      onStatus: (change) => this.#onStatus(change),
      onEvent: (event) => (this.#held ? void this.#held.push(event) : this.#emit(event)),
      onReply: (reply) => {
        const error = this.#requests.settle(reply)
        if (error) this.#emitter.emit('error', error)
      },
      onDraining: (payload) => this.#emitter.emit(SERVER_EVENT.draining, payload),
      onGap: (gap) => this.#emitter.emit('gap', gap),
      onUp: () => this.#requests.up(),
      onLost: () => this.#requests.lost(),
    })
    this.#requests = new Requests({
      timeoutMs: settings.requestTimeoutMs,
      queueMax: settings.queueMax,
      send: (envelope) => this.#session.send(envelope),
      onSuccess: (envelope, data) => this.#session.settled(envelope, data),
    })
  }

  get status(): Status {
    return this.#status
  }

  /** What the server said of this session: user id, limits, clock. undefined before the first connection. */
  get session(): ReadyPayload | undefined {
    return this.#session.current
  }

  /** The rooms this client has joined. They are kept over a reconnect. */
  get rooms(): string[] {
    return this.#session.rooms
  }

  /** Resolves when the session is there. Rejects, and closes the client, when there will be none. */
  connect(): Promise<void> {
    this.#opening ??= this.#open()
    return this.#opening
  }

  /** Calls the handler with every such event from now on. Returns the function that ends this. */
  on<K extends keyof ClientEvents>(name: K, handler: (event: ClientEvents[K]) => void): () => void {
    return this.#emitter.on(name, handler)
  }

  /**
   * Resolves with the reply's `data`. A request made without a connection waits for one. One that was under way when the
   * connection was lost is sent again if that does no harm, and rejects with OUTCOME_UNKNOWN otherwise.
   */
  request<E extends RequestType>(
    eventType: E,
    payload: RequestTypes[E]['payload'],
    options?: RequestOptions,
  ): Promise<RequestTypes[E]['data']> {
    const data: Promise<unknown> = this.#requests.request(eventType, payload, options)
    return data as Promise<RequestTypes[E]['data']>
  }

  /**
   * To the room, or without one to the whole namespace. `retain` keeps it as the channel's state. `delivery: 'latest'` lets a newer
   * message with the same `key` take its place for those who read too slowly.
   */
  broadcast(
    message: JsonValue,
    { retain, delivery, key, ...options }: RequestOptions & Omit<BroadcastPayload, 'message'> = {},
  ): Promise<{ readonly offset: number }> {
    const payload = {
      message,
      ...(retain === undefined ? {} : { retain }),
      ...(delivery === undefined ? {} : { delivery }),
      ...(key === undefined ? {} : { key }),
    }
    return this.request(EVENT.broadcast, payload, options)
  }

  /** To every connection of that user. A string is the message's text. */
  sendMessage(
    targetUserId: string,
    message: string | Message,
    options?: RequestOptions,
  ): Promise<{ readonly offset: number; readonly delivered: number }> {
    const content = typeof message === 'string' ? { text: message } : message
    return this.request(EVENT.sendMessage, { ...content, target_user_id: targetUserId }, options)
  }

  /** Asks again by itself, with the same key, until there is an answer: at most one purchase comes of it. */
  buyGood(order: Order, options: RequestOptions = {}): Promise<Receipt> {
    const { signal } = options
    const signals = signal ? [this.#session.stopped, signal] : [this.#session.stopped]
    return purchase(order, (payload) => this.request(EVENT.buyGood, payload, options), signals)
  }

  join(room: string, { options, ...rest }: RequestOptions & { options?: JsonObject } = {}): Promise<JoinedRoom> {
    return this.request(EVENT.roomJoin, options ? { room_id: room, options } : { room_id: room }, rest)
  }

  async leave(room: string, options?: RequestOptions): Promise<void> {
    await this.request(EVENT.roomLeave, { room_id: room }, options)
  }

  /** What was last broadcast with `retain` in the room, or in the namespace. */
  getState(room?: string, options?: RequestOptions): Promise<{ readonly state: JsonValue; readonly offset: number }> {
    return this.request(EVENT.stateGet, room === undefined ? {} : { room_id: room }, options)
  }

  /** One page; `next_cursor` goes into the next call. */
  listPresence(
    page: RequestTypes['core.game.presence.list']['payload'] = {},
    options?: RequestOptions,
  ): Promise<PresencePage> {
    return this.request(EVENT.presenceList, page, options)
  }

  /** Prolongs the session with a fresh token: the one given, or the token callback's. `expires_at` in Unix milliseconds. */
  async refresh(token?: string, options?: RequestOptions): Promise<{ readonly expires_at: number }> {
    return this.request(EVENT.sessionRefresh, { token: await this.#session.renewToken(token) }, options)
  }

  /** The server's clock, Unix time in milliseconds. */
  async ping(options?: RequestOptions): Promise<number> {
    return (await this.request(EVENT.sessionPing, {}, options)).server_time
  }

  /** For good. What still waits for an answer rejects: CLOSED where it was never sent, OUTCOME_UNKNOWN where it was. */
  close(): void {
    this.#session.end({ code: CLOSE.normal, reason: 'closed by its owner' })
  }

  async #open(): Promise<void> {
    const { signal } = this.#options
    const abort = () => this.#session.end({ code: CLOSE.normal, reason: 'aborted', error: signal?.reason })
    if (signal?.aborted) abort()
    signal?.addEventListener('abort', abort, { once: true, signal: this.#session.stopped })
    await this.#session.open()
  }

  #onStatus(change: StatusChange): void {
    this.#status = change.status
    if (change.status === 'ready' && this.#held) this.#cancelRelease = after(0, () => this.#release())
    if (change.status === 'closed') {
      this.#cancelRelease()
      this.#requests.close(change.reason)
    }
    this.#emitter.emit('status', change)
  }

  #release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const event of held) this.#emit(event)
  }

  #emit(event: GameEvent): void {
    this.#emitter.emit(event.eventType as keyof ClientEvents, event)
    this.#emitter.emit('*', event)
  }
}
