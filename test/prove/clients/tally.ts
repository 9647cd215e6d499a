import type { ClientSpec, Line } from './program.ts'

type EventLine = Extract<Line, { is: 'event' }>
type SaidLine = Extract<Line, { is: 'said' }>

export type Played = Pick<ClientSpec, 'client' | 'kind' | 'library' | 'room'>

/** What came of the clients of one kind. */
export interface Figures {
  connections: number
  reconnects: number
  /** Heard, each counted once. */
  events: number
  /** Of them by a replay. */
  replayed: number
  /** Of them by asking for what was missed. */
  fetched: number
  /** Said in their room, and heard in no way. */
  lost: number
  /** Came again by itself. */
  doubled: number
  /** Came by itself behind a later one. */
  unordered: number
  /** Heard under an offset under which something else was said, or nothing. */
  wrong: number
}

/** Hands each event to a thread of its own, so the order in which they come out is nobody's promise. */
const UNORDERED_LIBRARY = 'threads'

class Heard {
  readonly byThemselves: EventLine[] = []
  readonly fetched: EventLine[] = []
  reconnects = 0
}

/** Holds what clients heard against what was said. */
export class Tally {
  readonly #played: readonly Played[]
  /** By room, the number under each offset. */
  readonly #said = new Map<string, Map<number, number>>()
  readonly #heard = new Map<string, Heard>()

  constructor(played: readonly Played[]) {
    this.#played = played
    for (const { client, room } of played) {
      this.#heard.set(client, new Heard())
      this.#said.set(room, new Map())
    }
  }

  said({ room, n, offset }: SaidLine): void {
    this.#said.get(room)?.set(offset, n)
  }

  event(line: EventLine): void {
    const heard = this.#heardBy(line.client)
    if (line.how === 'fetched') heard.fetched.push(line)
    else heard.byThemselves.push(line)
  }

  cameBack(client: string): void {
    this.#heardBy(client).reconnects++
  }

  /** Whether everybody heard as many as were said in their room. */
  isComplete(): boolean {
    return this.#played.every(({ client, room }) => this.#offsetsOf(client).size >= this.#saidIn(room).size)
  }

  /** By kind, in the order of the players. */
  figures(): Map<string, Figures> {
    const all = new Map<string, Figures>()
    for (const played of this.#played) {
      const before = all.get(played.kind)
      const own = this.#figuresOf(played)
      all.set(played.kind, before === undefined ? own : sum(before, own))
    }
    return all
  }

  #figuresOf({ client, room, library }: Played): Figures {
    const { byThemselves, fetched, reconnects } = this.#heardBy(client)
    const said = this.#saidIn(room)
    const offsets = byThemselves.map(({ offset }) => offset)
    const once = new Set(offsets)
    const all = this.#offsetsOf(client)
    const unordered = offsets.filter((offset, i) => offset < (offsets[i - 1] ?? 0)).length
    return {
      connections: 1,
      reconnects,
      events: all.size,
      replayed: byThemselves.filter(({ how }) => how === 'replayed').length,
      fetched: all.size - once.size,
      lost: [...said.keys()].filter((offset) => !all.has(offset)).length,
      doubled: offsets.length - once.size,
      unordered: library === UNORDERED_LIBRARY ? 0 : unordered,
      wrong: [...byThemselves, ...fetched].filter(({ n, offset }) => said.get(offset) !== n).length,
    }
  }

  #offsetsOf(client: string): Set<number> {
    const { byThemselves, fetched } = this.#heardBy(client)
    return new Set([...byThemselves, ...fetched].map(({ offset }) => offset))
  }

  #heardBy(client: string): Heard {
    const heard = this.#heard.get(client)
    if (heard === undefined) throw new Error(`${client} does not play`)
    return heard
  }

  #saidIn(room: string): ReadonlyMap<number, number> {
    return this.#said.get(room) ?? new Map()
  }
}

function sum(one: Figures, other: Figures): Figures {
  const names = Object.keys(one) as (keyof Figures)[]
  return Object.fromEntries(names.map((name) => [name, one[name] + other[name]])) as unknown as Figures
}
