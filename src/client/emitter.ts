type Handler = (value: never) => void

/** How long a handler stays. */
export interface ListenOptions {
  /** Takes the handler off. */
  readonly signal?: AbortSignal
}

/** Typed callbacks by name. A handler that throws does not keep the others from being called. */
export class Emitter<Events> {
  readonly #handlers = new Map<keyof Events, Set<Handler>>()

  /** Returns the function that takes the handler off again. The same handler may be added more than once. */
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
    // A copy: a handler may put on another one, or take itself off.
    for (const handler of Array.from(this.#handlers.get(name) ?? [])) {
      try {
        ;(handler as (value: Events[K]) => void)(value)
      } catch (error) {
        // As for a DOM event: the mistake is the application's and surfaces as uncaught, after the event is through.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}
