/** The fields of a `GameRoom`, of any game, that are checked. */
export interface SeenRoom {
  readonly id: string
  readonly tick: number
  readonly seat: string | null
  readonly state: unknown
  subscribe(listener: (state: unknown) => void): () => void
}

/**
 * Sees every state that clients have, and freezes it, so that code that changes one later throws. Checks that all clients see the
 * same in a tick, that ticks only go forward, and, if a state counts its ticks (`ticks`), that it belongs to its tick.
 */
export class Witness {
  readonly wrong: string[] = []
  readonly #seen = new Map<string, { readonly text: string; readonly state: unknown; readonly by: string }>()

  watch(user: string, room: SeenRoom): void {
    let last = -1
    room.subscribe((state) => {
      const { id, tick } = room
      const where = `${user} in ${id} at ${tick}`
      if (tick < last) this.wrong.push(`${where}: it was at ${last}`)
      last = tick
      const { ticks } = state as { readonly ticks?: number }
      if (ticks !== undefined && ticks !== tick) this.wrong.push(`${where}: the state is of ${ticks}`)
      this.#compare(`${id} ${tick}`, state, where)
    })
  }

  /** What was seen of the room in that tick. */
  at(room: string, tick: number): unknown {
    return this.#seen.get(`${room} ${tick}`)?.state
  }

  #compare(key: string, given: unknown, by: string): void {
    const state = frozen(given)
    const text = JSON.stringify(sorted(state))
    const before = this.#seen.get(key)
    if (!before) this.#seen.set(key, { text, state, by })
    else if (before.text !== text) this.wrong.push(`${by}: ${text}, but ${before.by}: ${before.text}`)
  }
}

/** The same value, frozen at any depth. */
export function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const inner of Object.values(value)) frozen(inner)
  return Object.freeze(value)
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}
