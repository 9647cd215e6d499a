import type { GameTypes } from '../games/define.ts'
import { CLOSE } from '../protocol/close-codes.ts'
import { EVENT, SERVER_EVENT, type JsonObject, type JsonValue } from '../protocol/events.ts'
import type { EventEnvelope, ReadyPayload } from '../protocol/shapes/events.ts'
import type { Receipt } from '../protocol/shapes/shop.ts'
import type { JoinedRoom, PresencePage } from '../protocol/shapes/rooms.ts'
import type { BroadcastPayload } from '../protocol/shapes/payloads.ts'
import { Emitter, type ListenOptions } from './emitter.ts'
import { DrumbeatError } from './errors.ts'
import type {
  ClientEvents,
  Broadcastable,
  EventMap,
  GameEvent,
  MessageOf,
  RequestType,
  RequestTypes,
  Status,
  StatusChange,
  StreamEvents,
} from './events.ts'
import type { GameRoom } from './game-room.ts'
import { Games, type EnterOptions, type PlayOptions, type TypesIn } from './games.ts'
import type { Jsonable } from './jsonable.ts'
import { readOptions, type ClientOptions } from './options.ts'
import { purchase, type Order } from './purchase.ts'
import { Requests, type RequestOptions } from './requests.ts'
import { Session } from './session.ts'
import { StateStore } from './state.ts'
import { Stream, type StreamOptions } from './stream.ts'
import { after } from './timing.ts'
import { expiryMs, Refresher } from './tokens.ts'

const STREAM_MAX = 1000

/**
 * One player's line to the game: it connects, stays connected, and resumes without a hole. Events come through `on`;
 * requests are promises that reject with a DrumbeatError, or with the reason of the AbortSignal they were given.
 */
export class GameClient<Events extends EventMap = EventMap> {
  readonly #emitter = new Emitter<ClientEvents>()
  readonly #session: Session
  readonly #requests: Requests
  readonly #options: ClientOptions
  readonly #games = new Games({
    request: (eventType, payload, options) => this.#requests.request(eventType, payload, options),
    tell: (eventType, payload, room) => this.#requests.tell(eventType, payload, room),
    forget: (room) => this.#session.forget(room),
  })
  readonly #refresher = new Refresher(async () => (await this.refresh()).expires_at)
  #change: StatusChange = { status: 'connecting' }
  #opening: Promise<void> | undefined
  /** Events of the first moment, kept until who awaits `connect` has had a turn to put handlers on. */
  #held: GameEvent[] | undefined = []
  #cancelRelease = () => {}

  constructor(options: ClientOptions) {
    const settings = readOptions(options)
    this.#options = options
    this.#session = new Session(settings, {
      onStatus: (change) => this.#onStatus(change),
      onEvent: (event) => this.#onEvent(event),
      onReply: (reply) => {
        const error = this.#requests.settle(reply)
        if (error) this.#emitter.emit('error', error)
      },
      onDraining: (payload) => {
        this.#requests.draining()
        this.#onStatus({ status: 'draining' })
        this.#emitter.emit(SERVER_EVENT.draining, payload)
      },
      onGap: (gap) => this.#emitter.emit('gap', gap),
      onUp: (line, lost) => this.#requests.up(line, () => lost.forEach((room) => void this.#rejoin(room))),
      onLost: (line) => this.#requests.lost(line),
      roomsUnderWay: () => this.#requests.roomsUnderWay,
    })
    this.#requests = new Requests({
      timeoutMs: settings.requestTimeoutMs,
      queueMax: settings.queueMax,
      queueMaxAgeMs: settings.queueMaxAgeMs,
      onSuccess: (envelope, data) => {
        this.#session.settled(envelope, data)
        this.#games.settled(envelope, data)
      },
    })
  }

  /** As a word: `connecting`, `ready`, `draining`, `reconnecting` or `closed`. */
  get status(): Status {
    return this.#change.status
  }

  /** The status with what belongs to it, as `on('status')` told it last: when the next attempt is, why it was closed. */
  get statusChange(): StatusChange {
    return this.#change
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

  /** Calls the handler with every such event from now on. Returns the function that ends this, as the signal does. */
  on<K extends keyof ClientEvents<Events>>(
    name: K,
    handler: (event: ClientEvents<Events>[K]) => void,
    options?: ListenOptions,
  ): () => void {
    return this.#emitter.on(name as keyof ClientEvents, handler as (event: unknown) => void, options)
  }

  /** Resolves with the next such event. Rejects with the signal's reason, and when the client is closed. */
  once<K extends keyof ClientEvents<Events>>(
    name: K,
    { signal }: ListenOptions = {},
  ): Promise<ClientEvents<Events>[K]> {
    return this.#stream<ClientEvents<Events>[K]>(name as keyof ClientEvents, { ...(signal && { signal }) }).first()
  }

  /** The events from now on, to be read with `for await`. It ends when the client is closed, with the error if there was one. */
  events<K extends keyof StreamEvents<Events>>(
    name: K,
    options: StreamOptions = {},
  ): AsyncIterableIterator<StreamEvents<Events>[K]> {
    return this.#stream<StreamEvents<Events>[K]>(name as keyof StreamEvents, options)
  }

  /** What was last broadcast with `retain` in the room, or in the namespace, kept up to date while somebody is subscribed. */
  state(room?: string): StateStore<MessageOf<Events>> {
    return new StateStore(room, {
      onBroadcast: (handler) => this.#emitter.on(EVENT.broadcast, handler),
      onGap: (handler) => this.#emitter.on('gap', handler),
      fetch: () => this.getState(room),
      onError: (error) => this.#emitter.emit('error', error),
    })
  }

  /**
   * Resolves with the reply's `data`. What is sent is the payload as it is at the call. A payload that JSON cannot say (NaN, a function, a
   * Date, a hole in an array, …) rejects at once with BAD_REQUEST and `details.path`, in both encodings. A request made without a connection waits for one. One that was under way when the
   * connection was lost is sent again if that does no harm, and rejects with OUTCOME_UNKNOWN otherwise.
   */
  request<E extends RequestType, P extends RequestTypes[E]['payload']>(
    eventType: E,
    payload: P & Jsonable<P>,
    options?: RequestOptions,
  ): Promise<RequestTypes[E]['data']> {
    return this.#ask(eventType, payload, options)
  }

  /**
   * To the room, or without one to the whole namespace. `retain` keeps it as the channel's state. `delivery: 'latest'` lets a newer
   * message with the same `key` take its place for those who read too slowly.
   */
  broadcast<M>(
    message: Broadcastable<Events, M>,
    { retain, delivery, key, ...options }: RequestOptions & Omit<BroadcastPayload, 'message'> = {},
  ): Promise<{ readonly offset: number }> {
    const payload = {
      message,
      ...(retain === undefined ? {} : { retain }),
      ...(delivery === undefined ? {} : { delivery }),
      ...(key === undefined ? {} : { key }),
    }
    return this.#ask(EVENT.broadcast, payload, options)
  }

  /** To every connection of that user. A string is the message's text. */
  sendMessage<D = JsonValue>(
    targetUserId: string,
    message: string | { readonly text: string } | { readonly data: D & Jsonable<D> },
    options?: RequestOptions,
  ): Promise<{ readonly offset: number; readonly delivered: number }> {
    const content = typeof message === 'string' ? { text: message } : message
    return this.#ask(EVENT.sendMessage, { ...content, target_user_id: targetUserId }, options)
  }

  /** Asks again by itself, with the same key, until there is an answer: at most one purchase comes of it. */
  buyGood(order: Order, options: RequestOptions = {}): Promise<Receipt> {
    const { signal } = options
    const signals = signal ? [this.#session.stopped, signal] : [this.#session.stopped]
    return purchase(order, (payload) => this.request(EVENT.buyGood, payload, options), signals)
  }

  /** Becomes a member of the room: its events come from the reply's `offset` on. Rooms are kept over a reconnect. */
  join<O extends object = JsonObject>(
    room: string,
    { options, ...rest }: RequestOptions & { options?: O & Jsonable<O> } = {},
  ): Promise<JoinedRoom> {
    return this.#ask(EVENT.roomJoin, options ? { room_id: room, options } : { room_id: room }, rest)
  }

  /** Resolves when the room's events come no more. */
  async leave(room: string, options?: RequestOptions): Promise<void> {
    await this.request(EVENT.roomLeave, { room_id: room }, options)
  }

  /**
   * Joins the best room of a game, or makes one: `client.play<typeof arena>('arena', { where: { phase: 'lobby' } })`.
   * Rejects with GAME_NOT_FOUND, REFUSED and others.
   */
  play<Game = GameTypes>(game: string, options: PlayOptions<TypesIn<Game>> = {}): Promise<GameRoom<TypesIn<Game>>> {
    return this.#games.play(game, options)
  }

  /** Joins a room with a game by its id: to play, to come back, or to watch. */
  enter<Game = GameTypes>(room: string, options: EnterOptions = {}): Promise<GameRoom<TypesIn<Game>>> {
    return this.#games.enter(room, options)
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
    return this.request(EVENT.sessionRefresh, { token: await this.#session.tokens.renew(token) }, options)
  }

  /** The server's clock, Unix time in milliseconds. */
  async ping(options?: RequestOptions): Promise<number> {
    return (await this.request(EVENT.sessionPing, {}, options)).server_time
  }

  /** For good. What still waits for an answer rejects: CLOSED where it was never sent, OUTCOME_UNKNOWN where it was. */
  close(): void {
    this.#session.end({ code: CLOSE.normal, reason: 'closed by its owner' })
  }

  /** `payload` is what JSON can say, or is refused by `Requests`. */
  #ask<E extends RequestType>(
    eventType: E,
    payload: RequestTypes[E]['payload'],
    options?: RequestOptions,
  ): Promise<RequestTypes[E]['data']> {
    const data: Promise<unknown> = this.#requests.request(eventType, payload as JsonObject, options)
    return data as Promise<RequestTypes[E]['data']>
  }

  async #open(): Promise<void> {
    const { signal } = this.#options
    const abort = () => this.#session.end({ code: CLOSE.normal, reason: 'aborted', error: signal?.reason })
    if (signal?.aborted) abort()
    signal?.addEventListener('abort', abort, { once: true, signal: this.#session.stopped })
    await this.#session.open()
  }

  /** A resume did not join it again. What was asked of the room meanwhile is done behind this. */
  async #rejoin(room: string): Promise<void> {
    try {
      await this.#requests.request(EVENT.roomJoin, this.#games.rejoining(room))
    } catch (thrown) {
      if (!(thrown instanceof DrumbeatError) || thrown.code === 'CLOSED') return
      this.#games.lost(room, thrown)
      const message = `${room} could not be joined again: ${thrown.message}`
      this.#emitter.emit('error', new DrumbeatError(thrown.code, message, { ...thrown.details, room_id: room }))
    }
  }

  #onStatus(change: StatusChange): void {
    this.#change = change
    if (change.status === 'ready') this.#refreshInTime(change.session)
    if (change.status === 'reconnecting' || change.status === 'closed') this.#refresher.stop()
    if (change.status === 'ready' && this.#held) this.#cancelRelease = after(0, () => this.#release())
    if (change.status === 'closed') {
      this.#cancelRelease()
      this.#requests.close(change.reason)
      this.#games.close()
    }
    this.#emitter.emit('status', change)
  }

  /** Only a callback has another token than the one that expires. */
  #refreshInTime({ server_time }: ReadyPayload): void {
    const { isCallback, last } = this.#session.tokens
    if (isCallback) this.#refresher.start(expiryMs(last), server_time)
  }

  #stream<T>(name: keyof ClientEvents, { room, signal, max = STREAM_MAX }: StreamOptions): Stream<T> {
    const offs: (() => void)[] = []
    const stream = new Stream<T>(max, () => {
      for (const off of offs) off()
      signal?.removeEventListener('abort', abort)
    })
    const abort = () => stream.abort(signal?.reason)
    const closed = (change: StatusChange) => {
      if (change.status === 'closed') stream.end(change.error)
    }
    offs.push(
      this.#emitter.on(name, (event) => {
        if (room === undefined || (event as { room?: string }).room === room) stream.push(event as T)
      }),
      this.#emitter.on('status', closed),
    )
    signal?.addEventListener('abort', abort)
    if (signal?.aborted) abort()
    closed(this.#change)
    return stream
  }

  /** What changes a room's state does not wait for the first handlers: a room is there when its join is answered. */
  #onEvent(event: EventEnvelope): void {
    if (this.#games.take(event)) return
    if (this.#held) this.#held.push(event)
    else this.#emit(event)
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
