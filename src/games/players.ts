import type { Seat } from './definition.ts'

/** How many users who have had a seat are remembered. If there are more, those who joined first are forgotten. */
const PLAYERS_MAX = 2_000

/** The users who have had a seat in this room, without bots. A match may pay only them. */
export class Players {
  /** For each user, whether it has money. A guest has none. */
  #hasMoney: Map<string, boolean>

  constructor(players: Iterable<readonly [user: string, hasMoney: boolean]> = []) {
    this.#hasMoney = new Map(players)
  }

  get all(): readonly (readonly [user: string, hasMoney: boolean])[] {
    return [...this.#hasMoney]
  }

  set all(players: Iterable<readonly [user: string, hasMoney: boolean]>) {
    this.#hasMoney = new Map(players)
  }

  add({ id, isGuest }: Pick<Seat, 'id' | 'isGuest'>): void {
    this.#hasMoney.delete(id)
    this.#hasMoney.set(id, !isGuest)
    if (this.#hasMoney.size <= PLAYERS_MAX) return
    for (const [first] of this.#hasMoney) return void this.#hasMoney.delete(first)
  }

  /** Returns undefined if the user never had a seat. */
  hasMoney(user: string): boolean | undefined {
    return this.#hasMoney.get(user)
  }
}
