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
import { readOptions, type ClientOptions } from './options.ts'
import { Requests, type RequestOptions } from './requests.ts'
import { Session } from './session.ts'
import { after } from './timing.ts'
import { expiryMs, keepFresh } from './tokens.ts'

/**
 * One player's line to the game: it connects, stays connected, resumes without a hole, and plays. Events come through `on`;
 * requests are promises that reject with a DrumbeatError, or with the reason of the AbortSignal they were given.
 */
export class PlayClient<Events extends EventMap = EventMap> {
  protected readonly emitter = new Emitter<ClientEvents>()
  readonly #requests: Requests
  readonly #session: Session
  readonly #games: Games
  #stopRefresh = new AbortController()
  #change: StatusChange = { status: 'connecting' }
  #opening: Promise<void> | undefined
  /** Events of the first moment, kept until who awaits `connect` has had a turn to put handlers on. */
  #held: GameEvent[] | undefined = []
  #cancelRelease = () => {}

  constructor(options: ClientOptions) {
    const settings = readOptions(options)
    this.#requests = new Requests(settings, (envelope, data) => {
      this.#session.settled(envelope, data)
      this.#games.settled(envelope, data)
    })
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
    return (this.#opening ??= this.#session.open())
  }

  /** Calls the handler with every such event from now on. Returns the function that ends this, as the signal does. */
  on<K extends keyof ClientEvents<Events>>(
    name: K,
    handler: (event: ClientEvents<Events>[K]) => void,
    options?: ListenOptions,
  ): () => void {
    return this.emitter.on(name as keyof ClientEvents, handler as (event: unknown) => void, options)
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
    const data: Promise<unknown> = this.#requests.request(eventType, payload as JsonObject, options)
    return data as Promise<RequestTypes[E]['data']>
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
    this.#session.end('closed by its owner')
  }

  /** A resume did not join it again. What was asked of the room meanwhile is done behind this. */
  async #rejoin(room: string): Promise<void> {
    try {
      await this.#requests.request(EVENT.roomJoin, this.#games.rejoining(room))
    } catch (thrown) {
      if (!(thrown instanceof DrumbeatError) || thrown.code === 'CLOSED') return
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

  /** Only a callback has another token than the one that expires. */
  #refreshInTime({ server_time }: ReadyPayload): void {
    const { isCallback, last } = this.#session.tokens
    if (!isCallback) return
    this.#stopRefresh = new AbortController()
    const refresh = async () => (await this.refresh()).expires_at
    void keepFresh(expiryMs(last), server_time, refresh, this.#stopRefresh.signal)
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
    this.emitter.emit(event.eventType as keyof ClientEvents, event)
    this.emitter.emit('*', event)
  }
}
