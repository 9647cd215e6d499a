import type { JsonValue } from '../protocol/events.ts'
import type { BroadcastPayload } from '../protocol/shapes/payloads.ts'
import { DrumbeatError } from './errors.ts'
import type { GameEvent } from './events.ts'

/** What a store needs from its client. */
export interface StateSource {
  onBroadcast(handler: (event: GameEvent<BroadcastPayload>) => void): () => void
  onGap(handler: () => void): () => void
  fetch(): Promise<{ readonly state: JsonValue; readonly offset: number }>
  /** Called if fetching failed for good. */
  onError(error: DrumbeatError): void
}

/**
 * The last message broadcast with `retain` in a room or the namespace. It is kept up to date while at least one listener is
 * subscribed. `subscribe` fits Svelte's stores and React's `useSyncExternalStore`, with `value` as the snapshot.
 */
export class StateStore<State = JsonValue> {
  readonly #room: string | undefined
  readonly #source: StateSource
  /** The parameter is `never`, so that a store of a narrower type can be assigned to one of a wider type. */
  readonly #listeners = new Set<(value: never) => void>()
  #value: State | null | undefined
  /** The offset of `value` in the log. */
  #offset = -1
  #stop = () => {}

  constructor(room: string | undefined, source: StateSource) {
    this.#room = room
    this.#source = source
  }

  /**
   * Undefined if not known yet, null if nothing is retained. Without a subscription it stays as it was when the last one ended.
   */
  get value(): State | null | undefined {
    return this.#value
  }

  /**
   * Calls the listener with the value, if it is known, and with every new one. The first subscription fetches the value, so a
   * room must be joined before. Returns a function that unsubscribes.
   */
  subscribe(listener: (value: State | null) => void): () => void {
    const own = (value: State | null) => listener(value)
    this.#listeners.add(own)
    if (this.#listeners.size === 1) this.#start()
    else if (this.#value !== undefined) own(this.#value)
    return () => {
      if (this.#listeners.delete(own) && this.#listeners.size === 0) this.#stop()
    }
  }

  #start(): void {
    const offs = [
      this.#source.onBroadcast(({ room, offset, payload }) => {
        if (room === this.#room && payload.retain === true) this.#apply(payload.message, offset)
      }),
      this.#source.onGap(() => this.#refetch()),
    ]
    this.#stop = () => offs.forEach((off) => off())
    this.#refetch()
  }

  /** After a gap the offsets may have started over. */
  #refetch(): void {
    this.#offset = -1
    this.#source.fetch().then(
      ({ state, offset }) => this.#listeners.size > 0 && this.#apply(state, offset),
      (error: unknown) => error instanceof DrumbeatError && error.code !== 'CLOSED' && this.#source.onError(error),
    )
  }

  #apply(value: JsonValue, offset: number): void {
    if (offset < this.#offset) return
    this.#offset = offset
    this.#value = value as State | null
    for (const listener of this.#listeners) (listener as (value: State | null) => void)(this.#value)
  }
}
