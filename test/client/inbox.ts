import { PATIENCE_MS } from '../helpers/patience.ts'

/** What came in, taken out in order by whoever waits for it; waiting too long is an error with a name. */
export class Inbox<T> {
  readonly #name: string
  readonly #items: T[] = []
  readonly #waiting: ((item: T) => void)[] = []

  constructor(name: string) {
    this.#name = name
  }

  get length(): number {
    return this.#items.length
  }

  push(item: T): void {
    const waiter = this.#waiting.shift()
    if (waiter) waiter(item)
    else this.#items.push(item)
  }

  take(): Promise<T> {
    const [item] = this.#items.splice(0, 1)
    if (item !== undefined) return Promise.resolve(item)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no ${this.#name} in ${PATIENCE_MS} ms`)), PATIENCE_MS)
      this.#waiting.push((arrived) => {
        clearTimeout(timer)
        resolve(arrived)
      })
    })
  }
}
