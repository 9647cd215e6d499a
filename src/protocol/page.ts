/** A list as REST and replies give it. */
export interface Page<Item> {
  readonly items: readonly Item[]
  /** For the next page; null: this was the last. */
  readonly next_cursor: string | null
}

export interface PageArgs {
  readonly limit: number
  /** null: from the beginning. */
  readonly cursor: string | null
}

/** Of a list in REST. */
export const PAGE_LIMIT = { fallback: 100, max: 1000 } as const
/** Of `core.game.presence.list`: it goes into one frame. */
export const PRESENCE_LIMIT = { fallback: 100, max: 200 } as const
export const CURSOR = /^[A-Za-z0-9_.:-]{1,128}$/

/** The page of what is in the order of its ids; the cursor is the last id of the page before. */
export function toSortedPage<Item>(
  sorted: readonly Item[],
  idOf: (item: Item) => string,
  { limit, cursor }: PageArgs,
): Page<Item> {
  const left = cursor === null ? sorted : sorted.filter((item) => idOf(item) > cursor)
  const items = left.slice(0, limit)
  const last = items.at(-1)
  return { items, next_cursor: left.length > limit && last !== undefined ? idOf(last) : null }
}
