import type { GameTypes } from '../games/define.ts'
import * as EVENT from '../protocol/event-names.ts'
import type { JsonObject } from '../protocol/events.ts'
import type { EventEnvelope, ReadyPayload } from '../protocol/shapes/events.ts'
import { Emitter, type ListenOptions } from './emitter.ts'
import { DrumbeatError } from './errors.ts'
import type { ClientEvents, EventMap, GameEvent, RequestType, RequestTypes, Status, StatusChange } from './events.ts'
import type { GameRoom } from './game-room.ts'
import { Games, type EnterOptions, type PlayOptions, type TypesIn } from './games.ts'
import type { Jsonable } from './jsonable.ts'
import { REJOIN_AFTER_MS, REJOIN_MS } from './limits.ts'
import { readOptions, type ClientOptions } from './options.ts'
import { Requests, type RequestOptions } from './requests.ts'
import { Session } from './session.ts'
import { after, nowMs, sleep } from './timing.ts'
import { expiryMs, keepFresh } from './tokens.ts'

/**
 * A player's connection to the game. It connects, reconnects, and resumes without losing an event, and it plays. Events come
 * through `on`. Requests return promises that reject with a DrumbeatError, or with the reason of the AbortSignal that they were
 * given.
 */
export class PlayClient<Events extends EventMap = EventMap> {
  protected readonly emitter = new Emitter<ClientEvents>()
  readonly #requests: Requests
  readonly #session: Session
  readonly #games: Games
  #stopRefresh = new AbortController()
  #change: StatusChange = { status: 'connecting' }
  #opening: Promise<void> | undefined
  /** The first events, kept until the code that awaits `connect` has had a chance to add handlers. */
  #held: GameEvent[] | undefined = []
  #cancelRelease = () => {}

  constructor(options: ClientOptions) {
    const settings = readOptions(options)
    this.#requests = new Requests(
      settings,
      (envelope, data) => {
        this.#session.settled(envelope, data)
        this.#games.settled(envelope, data)
      },
      ({ payload }, url) => this.#games.mayMoveFor(payload.room_id) && this.#session.move(url),
    )
    this.#session = new Session(settings, this.#requests, this.emitter, {
      onStatus: (change) => this.#onStatus(change),
      onEvent: (event) => this.#onEvent(event),
      onRoomLost: (room) => void this.#rejoin(room),
    })
    this.#games = new Games(this.#requests, (room) => this.#session.forget(room))
    const { signal } = options
    const abort = () => this.#session.end('aborted', signal?.reason)
    if (signal?.aborted) abort()
    signal?.addEventListener('abort', abort, { once: true, signal: this.#session.stopped })
  }

  /** One word: `connecting`, `ready`, `draining`, `reconnecting` or `closed`. */
  get status(): Status {
    return this.#change.status
  }

  /** The status with its details, as `on('status')` last reported it: when the next attempt is, or why the client was closed. */
  get statusChange(): StatusChange {
    return this.#change
  }

  /** What the server told about this session: user id, limits, clock. Undefined before the first connection. */
  get session(): ReadyPayload | undefined {
    return this.#session.current
  }

  /** The rooms that this client has joined. They survive a reconnect. */
  get rooms(): string[] {
    return this.#session.rooms
  }

  /** Resolves when the client has its session. If it cannot get one, rejects and closes the client. */
  connect(): Promise<void> {
    return (this.#opening ??= this.#session.open())
  }

  /** Calls the handler with every such event from now on. Stops when the returned function is called or the signal aborts. */
  on<K extends keyof ClientEvents<Events>>(
    name: K,
    handler: (event: ClientEvents<Events>[K]) => void,
    options?: ListenOptions,
  ): () => void {
    return this.emitter.on(name as keyof ClientEvents, handler as (event: unknown) => void, options)
  }

  /**
   * Resolves with the reply's `data`. The payload is copied at the call. If it contains something that JSON cannot express (NaN,
   * a function, a Date, a hole in an array, …), the request rejects at once with BAD_REQUEST and `details.path`, in both
   * encodings. A request without a connection waits for one. If the connection is lost before the reply, the request is sent
   * again if that does no harm. Otherwise it rejects with OUTCOME_UNKNOWN.
   */
  request<E extends RequestType, P extends RequestTypes[E]['payload']>(
    eventType: E,
    payload: P & Jsonable<P>,
    options?: RequestOptions,
  ): Promise<RequestTypes[E]['data']> {
    const data: Promise<unknown> = this.#requests.request(eventType, payload as JsonObject, options)
    return data as Promise<RequestTypes[E]['data']>
  }

  /**
   * Joins the best room of a game, or makes one: `client.play<typeof arena>('arena', { where: { phase: 'lobby' } })`. Rejects
   * with GAME_NOT_FOUND, REFUSED and other codes.
   */
  play<Game = GameTypes>(game: string, options: PlayOptions<TypesIn<Game>> = {}): Promise<GameRoom<TypesIn<Game>>> {
    return this.#games.play(game, options)
  }

  /** Joins the room with a game that has this id: to play, to come back, or to watch. */
  enter<Game = GameTypes>(room: string, options: EnterOptions = {}): Promise<GameRoom<TypesIn<Game>>> {
    return this.#games.enter(room, options)
  }

  /**
   * Prolongs the session with a fresh token: the given one, or one from the token callback. Resolves with `expires_at` in Unix
   * milliseconds.
   */
  async refresh(token?: string, options?: RequestOptions): Promise<{ readonly expires_at: number }> {
    return this.request(EVENT.sessionRefresh, { token: await this.#session.tokens.renew(token) }, options)
  }

  /** The server's time, in Unix milliseconds. */
  async ping(options?: RequestOptions): Promise<number> {
    return (await this.request(EVENT.sessionPing, {}, options)).server_time
  }

  /** Closes the client for good. Open requests reject: with CLOSED if they were never sent, otherwise with OUTCOME_UNKNOWN. */
  close(): void {
    this.#session.end('the application closed the client')
  }

  /** Joins a room that the resume did not restore. Requests for the room that wait are sent after this join. */
  async #rejoin(room: string, untilMs = nowMs() + REJOIN_MS): Promise<void> {
    try {
      await this.#requests.request(EVENT.roomJoin, this.#games.rejoining(room))
    } catch (thrown) {
      if (!(thrown instanceof DrumbeatError) || thrown.code === 'CLOSED') return
      const { retryAfterMs = thrown.details.url && REJOIN_AFTER_MS } = thrown
      // The room's node is about to come back, or has too much to do.
      if (retryAfterMs && this.#games.has(room) && nowMs() < untilMs) {
        await sleep(retryAfterMs as number, [this.#session.stopped])
        return this.#rejoin(room, untilMs)
      }
      this.#games.lost(room, thrown)
      const message = `${room} could not be joined again: ${thrown.message}`
      this.emitter.emit('error', new DrumbeatError(thrown.code, message, { ...thrown.details, room_id: room }))
    }
  }

  #onStatus(change: StatusChange): void {
    this.#change = change
    if (change.status !== 'draining') this.#stopRefresh.abort()
    if (change.status === 'ready') {
      this.#refreshInTime(change.session)
      if (this.#held) this.#cancelRelease = after(0, () => this.#release())
    }
    if (change.status === 'closed') {
      this.#cancelRelease()
      this.#requests.close(change.reason)
      this.#games.close()
    }
    this.emitter.emit('status', change)
  }

  /** Only a callback can give another token than the one that expires. */
  #refreshInTime({ server_time }: ReadyPayload): void {
    const { isCallback, last } = this.#session.tokens
    if (!isCallback) return
    this.#stopRefresh = new AbortController()
    const refresh = async () => (await this.refresh()).expires_at
    void keepFresh(expiryMs(last), server_time, refresh, this.#stopRefresh.signal)
  }

  /**
   * Rooms get their events at once, even while events for the first handlers are held back: a room exists as soon as its join is
   * answered.
   */
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
    this.emitter.emit(event.eventType as keyof ClientEvents, event)
    this.emitter.emit('*', event)
  }
}
