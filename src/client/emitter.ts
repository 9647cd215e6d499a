type Handler = (value: never) => void

/** How long a handler stays registered. */
export interface ListenOptions {
  /** Removes the handler when it aborts. */
  readonly signal?: AbortSignal
}

/** Typed callbacks by event name. If a handler throws, the others are still called. */
export class Emitter<Events> {
  readonly #handlers = new Map<keyof Events, Set<Handler>>()

  /** Returns a function that removes the handler. The same handler may be added more than once. */
  on<K extends keyof Events>(name: K, handler: (value: Events[K]) => void, { signal }: ListenOptions = {}): () => void {
    if (signal?.aborted) return () => undefined
    const handlers = this.#handlers.get(name) ?? new Set()
    this.#handlers.set(name, handlers)
    const own: Handler = (value: Events[K]) => handler(value)
    handlers.add(own)
    const off = () => {
      handlers.delete(own)
      signal?.removeEventListener('abort', off)
    }
    signal?.addEventListener('abort', off)
    return off
  }

  emit<K extends keyof Events>(name: K, value: Events[K]): void {
    // Iterates over a copy, because a handler may add another one or remove itself.
    for (const handler of Array.from(this.#handlers.get(name) ?? [])) {
      try {
        ;(handler as (value: Events[K]) => void)(value)
      } catch (error) {
        // As for DOM events: the error is the application's, so it becomes an uncaught one, after all handlers were called.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}
