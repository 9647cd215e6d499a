/** A page of a list, as REST and replies give it. */
export interface Page<Item> {
  readonly items: readonly Item[]
  /** The cursor of the next page; null after the last page. */
  readonly next_cursor: string | null
}

export interface PageArgs {
  readonly limit: number
  /** Null asks for the first page. */
  readonly cursor: string | null
}

/** Page size of lists in REST. */
export const PAGE_LIMIT = { fallback: 100, max: 1000 } as const
/** Page size of `core.game.presence.list`. A page has to fit into one frame. */
export const PRESENCE_LIMIT = { fallback: 100, max: 200 } as const
export const CURSOR = /^[A-Za-z0-9_.:-]{1,128}$/

/** One page of items that are sorted by id. The cursor is the last id of the page before. */
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
