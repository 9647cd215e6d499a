import type { Seat } from './definition.ts'

/** Users that are remembered who have had a seat: of more, those who joined first are forgotten. */
const PLAYERS_MAX = 2_000

/** Who has had a seat in this room, bots left out: a match may pay those, and nobody else. */
export class Players {
  /** By user: whether it was no guest, who has no money. */
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

  /** Returns undefined for a user who has had no seat. */
  hasMoney(user: string): boolean | undefined {
    return this.#hasMoney.get(user)
  }
}
