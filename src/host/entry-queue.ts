import type { Entry, Outcome } from '../games/entries.ts'
import { Refusal } from '../protocol/errors.ts'

/** What became of an entry; `closed`: it came to nothing, as the room is not here any more. */
export type Fate = Outcome | { readonly kind: 'closed'; readonly refusal: Refusal }

/** What is to enter a room in one of its next ticks. */
export interface Waiting {
  readonly entry: Entry
  /** Whose order it belongs to; undefined: nobody's. */
  readonly user?: string
  /** The connection it came from. */
  readonly viewer?: number
  /** What the client counts its inputs with. */
  readonly seq?: number
  /** Of the inputs of one seat with this name only the newest counts. */
  readonly latest?: string
  /** Runs behind the tick in which it has entered, when what the tick said is on its way. */
  readonly done?: (fate: Fate, tick: number) => void
}

interface Queued extends Waiting {
  isReplaced: boolean
}

/** How many inputs may wait in one host, and do. */
export interface HostQueue {
  readonly max: number
  waiting: number
}

const SEAT_MAX = 64
const CONNECTION_MAX = 32
const ROOM_MAX = 2_048
/** Inputs of one seat in one tick: whoever sends more waits alone. */
const SEAT_TICK_MAX = 16
const RETRY_MS = 250

/** What waits for a room, in the order in which it came. */
export class EntryQueue {
  readonly #host: HostQueue
  #queued: Queued[] = []
  /** Without those that were replaced. */
  #length = 0
  readonly #ofUser = new Map<string, number>()
  readonly #ofViewer = new Map<number, number>()
  readonly #latest = new Map<string, Queued>()

  constructor(host: HostQueue) {
    this.#host = host
  }

  get length(): number {
    return this.#length
  }

  /** Whether something of the user waits. */
  has(user: string): boolean {
    return this.#ofUser.has(user)
  }

  /** Throws OVERLOADED where too much waits already. */
  requireRoom({ user, viewer }: { readonly user?: string; readonly viewer?: number }): void {
    if (user !== undefined && (this.#ofUser.get(user) ?? 0) >= SEAT_MAX) throw overloaded('your inputs')
    if (viewer !== undefined && (this.#ofViewer.get(viewer) ?? 0) >= CONNECTION_MAX) throw overloaded('your inputs')
    if (this.#length >= ROOM_MAX) throw overloaded('the room')
    if (this.#host.waiting >= this.#host.max) throw overloaded('the host of the room')
  }

  push(waiting: Waiting): void {
    const queued: Queued = { ...this.#replace(waiting), isReplaced: false }
    this.#queued.push(queued)
    if (queued.latest !== undefined) this.#latest.set(keyOf(queued), queued)
    this.#count(queued, 1)
  }

  /** Takes what enters the next tick: all that waits, but of the seats that sent too much. */
  take(): readonly Waiting[] {
    if (this.#length === 0) return []
    const taken: Queued[] = []
    const left: Queued[] = []
    const counts = new Map<string, number>()
    for (const queued of this.#queued) {
      if (queued.isReplaced) continue
      const count = queued.user === undefined ? 0 : (counts.get(queued.user) ?? 0)
      // All of a seat stays in its order, also what is no input.
      if (count >= SEAT_TICK_MAX) {
        left.push(queued)
        continue
      }
      if (queued.user !== undefined) counts.set(queued.user, count + 1)
      taken.push(queued)
      this.#forget(queued)
    }
    this.#queued = left
    return taken
  }

  /** Takes everything. */
  drain(): readonly Waiting[] {
    const all = this.#queued.filter(({ isReplaced }) => !isReplaced)
    for (const queued of all) this.#forget(queued)
    this.#queued = []
    return all
  }

  /** What takes the place of an input that waits: it is answered with the one that counts. */
  #replace(waiting: Waiting): Waiting {
    if (waiting.latest === undefined) return waiting
    const older = this.#latest.get(keyOf(waiting))
    if (!older) return waiting
    older.isReplaced = true
    this.#forget(older)
    const dones = [older.done, waiting.done].filter((done) => done !== undefined)
    const seq = Math.max(older.seq ?? -1, waiting.seq ?? -1)
    return {
      ...waiting,
      ...(seq < 0 ? {} : { seq }),
      ...(dones.length === 0 ? {} : { done: (fate, tick) => dones.forEach((done) => done(fate, tick)) }),
    }
  }

  #forget(queued: Queued): void {
    this.#count(queued, -1)
    if (queued.latest !== undefined && this.#latest.get(keyOf(queued)) === queued) this.#latest.delete(keyOf(queued))
  }

  #count({ user, viewer }: Queued, by: 1 | -1): void {
    this.#length += by
    this.#host.waiting += by
    if (user !== undefined) add(this.#ofUser, user, by)
    if (viewer !== undefined) add(this.#ofViewer, viewer, by)
  }
}

function keyOf({ user, latest }: Waiting): string {
  return `${latest} ${user}`
}

function add<Key>(counts: Map<Key, number>, key: Key, by: number): void {
  const count = (counts.get(key) ?? 0) + by
  if (count === 0) counts.delete(key)
  else counts.set(key, count)
}

function overloaded(what: string): Refusal {
  return new Refusal('OVERLOADED', `too much waits for ${what}`, { retry_after_ms: RETRY_MS })
}
