/** A first-in-first-out queue. `shift` does not move the other items: the space of items that were taken is freed in bulk. */
export class Deque<T> {
  #items: (T | undefined)[] = []
  #start = 0

  get length(): number {
    return this.#items.length - this.#start
  }

  push(item: T): void {
    this.#items.push(item)
  }

  at(index: number): T | undefined {
    return this.#items[this.#start + index]
  }

  first(): T | undefined {
    return this.at(0)
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined
    const item = this.#items[this.#start]
    this.#items[this.#start++] = undefined
    if (this.#start > 1024 && this.#start * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#start)
      this.#start = 0
    }
    return item
  }

  *[Symbol.iterator](): Generator<T> {
    for (let i = this.#start; i < this.#items.length; i++) yield this.#items[i] as T
  }
}
