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

export interface PresencePage {
  readonly users: readonly { readonly user_id: string; readonly connections: number }[]
  readonly next_cursor: string | null
  readonly total: number
}
