interface Place<Item> {
  readonly item: Item
  readonly due: number
}

/** With no more old places than this, tidying is not worth it. */
const SLACK = 64

/**
 * Items by due time, in a binary heap. An item that gets another due time leaves its old place in the heap; such places are
 * skipped later.
 */
export class DueQueue<Item> {
  readonly #due = new Map<Item, number>()
  readonly #heap: Place<Item>[] = []

  get size(): number {
    return this.#due.size
  }

  /** Sets when the item is due. This replaces its earlier time, if it had one. */
  set(item: Item, due: number): void {
    if (this.#due.get(item) === due) return
    this.#due.set(item, due)
    if (this.#heap.length > 2 * this.#due.size + SLACK) this.#tidy()
    else this.#push({ item, due })
  }

  delete(item: Item): void {
    this.#due.delete(item)
  }

  /** When the first item is due. Undefined if the queue is empty. */
  get nextDue(): number | undefined {
    for (let first = this.#heap[0]; first; first = this.#heap[0]) {
      if (this.#due.get(first.item) === first.due) return first.due
      this.#pop()
    }
    return undefined
  }

  /** Removes and returns the items that are due by `now`, the earliest first. */
  takeUntil(now: number): Item[] {
    const taken: Item[] = []
    for (let due = this.nextDue; due !== undefined && due <= now; due = this.nextDue) {
      const item = this.#pop()?.item
      if (item === undefined) break
      this.#due.delete(item)
      taken.push(item)
    }
    return taken
  }

  /** Rebuilds the heap without old places. */
  #tidy(): void {
    this.#heap.length = 0
    for (const [item, due] of this.#due) this.#push({ item, due })
  }

  #push(place: Place<Item>): void {
    const heap = this.#heap
    let at = heap.push(place) - 1
    while (at > 0) {
      const above = (at - 1) >> 1
      const other = heap[above]
      if (other === undefined || other.due <= place.due) break
      heap[at] = other
      heap[above] = place
      at = above
    }
  }

  #pop(): Place<Item> | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (heap.length === 0 || last === undefined) return first
    heap[0] = last
    for (let at = 0; ;) {
      const left = at * 2 + 1
      const right = heap[left + 1]
      const below = right !== undefined && right.due < (heap[left]?.due ?? Infinity) ? left + 1 : left
      const other = heap[below]
      if (other === undefined || other.due >= last.due) return first
      heap[below] = last
      heap[at] = other
      at = below
    }
  }
}
