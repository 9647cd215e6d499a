import { DrumbeatError } from './errors.ts'

/** Which events an iterator returns, and how many it holds. */
export interface StreamOptions {
  /** Only events of this room. */
  readonly room?: string
  /** Ends the iterator when it aborts: the next step rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /**
   * How many events may wait for the reader, 1000 by default. If there are more, the iterator ends with SLOW_CONSUMER after those
   * that wait.
   */
  readonly max?: number
}

interface Reader<T> {
  readonly resolve: (result: IteratorResult<T>) => void
  readonly reject: (error: unknown) => void
}

/** Turns callbacks into an async iterator: it holds events, in order, until they are read. */
export class Stream<T> implements AsyncIterableIterator<T> {
  readonly #max: number
  readonly #release: () => void
  readonly #items: T[] = []
  readonly #readers: Reader<T>[] = []
  #end: { readonly error: unknown } | undefined

  /** @param release called once, when no more events are wanted */
  constructor(max: number, release: () => void) {
    this.#max = max
    this.#release = release
  }

  push(item: T): void {
    if (this.#end) return
    const reader = this.#readers.shift()
    if (reader) reader.resolve({ value: item, done: false })
    else if (this.#items.length < this.#max) this.#items.push(item)
    else this.end(new DrumbeatError('SLOW_CONSUMER', `more than ${this.#max} events waited for their reader`))
  }

  /** Events that wait can still be read. After them comes the error, or the end if there is none. */
  end(error?: unknown): void {
    if (this.#end) return
    this.#end = { error }
    this.#release()
    for (const reader of this.#readers.splice(0)) this.#settle(reader)
  }

  /** Drops the events that wait. */
  abort(reason: unknown): void {
    this.#items.length = 0
    this.end(reason)
  }

  /** Returns the next event and ends the stream. Rejects with CLOSED if the stream ends without one. */
  async first(): Promise<T> {
    const { value, done } = await this.next()
    await this.return()
    if (done) throw new DrumbeatError('CLOSED', 'the client was closed')
    return value
  }

  next(): Promise<IteratorResult<T>> {
    return new Promise((resolve, reject) => {
      if (this.#items.length > 0) resolve({ value: this.#items.shift() as T, done: false })
      else if (this.#end) this.#settle({ resolve, reject })
      else this.#readers.push({ resolve, reject })
    })
  }

  /** Called when a `for await` loop is left. */
  return(): Promise<IteratorResult<T>> {
    this.#items.length = 0
    this.end()
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** The error is reported once, as generators do. */
  #settle({ resolve, reject }: Reader<T>): void {
    const error = this.#end?.error
    this.#end = { error: undefined }
    if (error === undefined) resolve({ value: undefined, done: true })
    else reject(error)
  }
}
