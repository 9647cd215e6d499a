type Close = () => void | Promise<void>

/** What was opened, to be closed in reverse. */
export class Closers {
  readonly #closes: Close[] = []

  defer(close: Close): void {
    this.#closes.push(close)
  }

  /** Closes everything, also where something throws; throws the first error then. */
  async close(): Promise<void> {
    const errors: unknown[] = []
    for (let close = this.#closes.pop(); close; close = this.#closes.pop()) {
      try {
        await close()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw errors[0]
  }
}

/** Runs `open`; where it throws, what it had opened is closed. */
export async function openAll<T>(open: (closers: Closers) => Promise<T>): Promise<T> {
  const closers = new Closers()
  try {
    return await open(closers)
  } catch (error) {
    await closers.close()
    throw error
  }
}
