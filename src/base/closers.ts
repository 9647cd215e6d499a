type Close = () => void | Promise<void>

/** Collects how to close what was opened, and closes it in reverse order. */
export class Closers {
  readonly #closes: Close[] = []

  defer(close: Close): void {
    this.#closes.push(close)
  }

  /** Calls every closer, even if one of them throws. Then throws the first error, if any. */
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

/** Runs `open`. If it throws, everything that it had opened is closed. */
export async function openAll<T>(open: (closers: Closers) => Promise<T>): Promise<T> {
  const closers = new Closers()
  try {
    return await open(closers)
  } catch (error) {
    await closers.close()
    throw error
  }
}
