import type { JsonValue } from '../protocol/events.ts'
import type { BroadcastPayload } from '../protocol/shapes/payloads.ts'
import { DrumbeatError } from './errors.ts'
import type { GameEvent } from './events.ts'

/** What a store needs of its client. */
export interface StateSource {
  onBroadcast(handler: (event: GameEvent<BroadcastPayload>) => void): () => void
  onGap(handler: () => void): () => void
  fetch(): Promise<{ readonly state: JsonValue; readonly offset: number }>
  /** Where fetching failed for good. */
  onError(error: DrumbeatError): void
}

/**
 * What was last broadcast with `retain` in a room, or in the namespace, kept up to date while somebody is subscribed. `subscribe` has
 * the shape that Svelte's stores and React's `useSyncExternalStore` take, with `value` as the snapshot.
 */
export class StateStore<State = JsonValue> {
  readonly #room: string | undefined
  readonly #source: StateSource
  /** As `never`, so that a store of a narrower type is one of a wider. */
  readonly #listeners = new Set<(value: never) => void>()
  #value: State | null | undefined
  /** Where in the log `value` is from. */
  #offset = -1
  #stop = () => {}

  constructor(room: string | undefined, source: StateSource) {
    this.#room = room
    this.#source = source
  }

  /** undefined: not known yet; null: nothing was retained. Without a subscription it is what it was at its end. */
  get value(): State | null | undefined {
    return this.#value
  }

  /**
   * Calls the listener with the value, where it is known, and with every new one. The first one fetches it: a room must have been
   * joined. Returns the function that ends this.
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

  /** After a gap offsets may have begun anew. */
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
