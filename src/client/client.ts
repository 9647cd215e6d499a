import * as EVENT from '../protocol/event-names.ts'
import type { JsonObject, JsonValue } from '../protocol/events.ts'
import type { Receipt } from '../protocol/shapes/shop.ts'
import type { JoinedRoom, PresencePage } from '../protocol/shapes/rooms.ts'
import type { BroadcastPayload } from '../protocol/shapes/payloads.ts'
import type { ListenOptions } from './emitter.ts'
import type {
  ClientEvents,
  Broadcastable,
  EventMap,
  MessageOf,
  RequestType,
  RequestTypes,
  StatusChange,
  StreamEvents,
} from './events.ts'
import type { Jsonable } from './jsonable.ts'
import { STREAM_MAX } from './limits.ts'
import type { ClientOptions } from './options.ts'
import { PlayClient } from './play-client.ts'
import { purchase, type Order } from './purchase.ts'
import type { RequestOptions } from './requests.ts'
import { StateStore } from './state.ts'
import { Stream, type StreamOptions } from './stream.ts'

type MaybeUndefined<T> = { readonly [Field in keyof T]: T[Field] | undefined }

/**
 * Everything that a player can do, with and without games: messages, retained state, rooms, presence, the shop, and events as
 * iterators.
 */
export class GameClient<Events extends EventMap = EventMap> extends PlayClient<Events> {
  readonly #closed = new AbortController()

  constructor(options: ClientOptions) {
    super(options)
    this.emitter.on('status', ({ status }) => status === 'closed' && this.#closed.abort())
  }

  /** Resolves with the next such event. Rejects with the signal's reason if it aborts, and also if the client is closed. */
  once<K extends keyof ClientEvents<Events>>(
    name: K,
    { signal }: ListenOptions = {},
  ): Promise<ClientEvents<Events>[K]> {
    return this.#stream<ClientEvents<Events>[K]>(name as keyof ClientEvents, { ...(signal && { signal }) }).first()
  }

  /**
   * The events from now on, for `for await`. The iterator ends when the client is closed, with the client's error if it had one.
   */
  events<K extends keyof StreamEvents<Events>>(
    name: K,
    options: StreamOptions = {},
  ): AsyncIterableIterator<StreamEvents<Events>[K]> {
    return this.#stream<StreamEvents<Events>[K]>(name as keyof StreamEvents, options)
  }

  /**
   * The last message broadcast with `retain` in the room or the namespace. It is kept up to date while at least one listener is
   * subscribed.
   */
  state(room?: string): StateStore<MessageOf<Events>> {
    return new StateStore(room, {
      onBroadcast: (handler) => this.emitter.on(EVENT.broadcast, handler),
      onGap: (handler) => this.emitter.on('gap', handler),
      fetch: () => this.getState(room),
      onError: (error) => this.emitter.emit('error', error),
    })
  }

  /**
   * Broadcasts to the room, or without a room to the whole namespace. With `retain` the message becomes the channel's state. With
   * `delivery: 'latest'` a newer message with the same `key` replaces this one for members that read too slowly.
   */
  broadcast<M>(
    message: Broadcastable<Events, M>,
    { retain, delivery, key, ...options }: RequestOptions & Omit<BroadcastPayload, 'message'> = {},
  ): Promise<{ readonly offset: number }> {
    return this.#ask(EVENT.broadcast, { message, retain, delivery, key }, options)
  }

  /** Sends to every connection of that user. A string becomes the message's `text`. */
  sendMessage<D = JsonValue>(
    targetUserId: string,
    message: string | { readonly text: string } | { readonly data: D & Jsonable<D> },
    options?: RequestOptions,
  ): Promise<{ readonly offset: number; readonly delivered: number }> {
    const content = typeof message === 'string' ? { text: message } : message
    return this.#ask(EVENT.sendMessage, { ...content, target_user_id: targetUserId }, options)
  }

  /** Buys. Repeats the request with the same key until there is an answer, so it results in at most one purchase. */
  buyGood(order: Order, options: RequestOptions = {}): Promise<Receipt> {
    const { signal } = options
    const signals = signal ? [this.#closed.signal, signal] : [this.#closed.signal]
    return purchase(order, (payload) => this.request(EVENT.buyGood, payload, options), signals)
  }

  /** Becomes a member of the room. Its events after the reply's `offset` follow. The membership survives a reconnect. */
  join<O extends object = JsonObject>(
    room: string,
    { options, ...rest }: RequestOptions & { options?: O & Jsonable<O> } = {},
  ): Promise<JoinedRoom> {
    return this.#ask(EVENT.roomJoin, { room_id: room, options }, rest)
  }

  /** Leaves the room. Resolves when no more of its events will come. */
  async leave(room: string, options?: RequestOptions): Promise<void> {
    await this.request(EVENT.roomLeave, { room_id: room }, options)
  }

  /** Fetches the last message broadcast with `retain` in the room or the namespace. */
  getState(room?: string, options?: RequestOptions): Promise<{ readonly state: JsonValue; readonly offset: number }> {
    return this.#ask(EVENT.stateGet, { room_id: room }, options)
  }

  /** Fetches one page. Pass its `next_cursor` to the next call. */
  listPresence(
    page: RequestTypes['core.game.presence.list']['payload'] = {},
    options?: RequestOptions,
  ): Promise<PresencePage> {
    return this.request(EVENT.presenceList, page, options)
  }

  /** Fields of `payload` that are undefined are left out. A value that JSON cannot express is refused. */
  #ask<E extends RequestType>(
    eventType: E,
    payload: MaybeUndefined<RequestTypes[E]['payload']>,
    options?: RequestOptions,
  ): Promise<RequestTypes[E]['data']> {
    return this.request(eventType, payload as never, options)
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
      this.emitter.on(name, (event) => {
        if (room === undefined || (event as { room?: string }).room === room) stream.push(event as T)
      }),
      this.emitter.on('status', closed),
    )
    signal?.addEventListener('abort', abort)
    if (signal?.aborted) abort()
    closed(this.statusChange)
    return stream
  }
}
