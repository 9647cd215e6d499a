import type { Entry, Outcome } from '../games/entries.ts'
import { Refusal } from '../protocol/errors.ts'

/** What became of an entry. `closed`: it was not handled, because the room is no longer in this host. */
export type Fate = Outcome | { readonly kind: 'closed'; readonly refusal: Refusal }

/** An entry that waits for one of the next ticks of a room. */
export interface Waiting {
  readonly entry: Entry
  /** The user whose entries keep their order. Undefined if the entry is nobody's. */
  readonly user?: string
  /** The connection that sent it. */
  readonly viewer?: number
  /** The number that the client gave to its input. */
  readonly seq?: number
  /** Among the inputs of one seat with this name, only the newest counts. */
  readonly latest?: string
  /** Called after the tick that handled the entry, when what the tick said is on its way. */
  readonly done?: (fate: Fate, tick: number) => void
}

interface Queued extends Waiting {
  isReplaced: boolean
}

/** The inputs that wait in all rooms of a host, and how many may. */
export interface HostQueue {
  readonly max: number
  waiting: number
}

const SEAT_MAX = 64
const CONNECTION_MAX = 32
const ROOM_MAX = 2_048
/** How many inputs of one seat are handled in one tick. The others of the seat wait for the next tick. */
const SEAT_TICK_MAX = 16
const RETRY_MS = 250
const TOO_MANY_INPUTS = 'too many of your inputs wait'

/** The entries that wait for a room, in the order in which they came. */
export class EntryQueue {
  readonly #host: HostQueue
  #queued: Queued[] = []
  /** Counts no inputs that were replaced by newer ones. */
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

  /** Whether an entry of the user waits. */
  has(user: string): boolean {
    return this.#ofUser.has(user)
  }

  /** Throws OVERLOADED if too much waits already. */
  requireRoom({ user, viewer }: { readonly user?: string; readonly viewer?: number }): void {
    if (user !== undefined && (this.#ofUser.get(user) ?? 0) >= SEAT_MAX) throw overloaded(TOO_MANY_INPUTS)
    if (viewer !== undefined && (this.#ofViewer.get(viewer) ?? 0) >= CONNECTION_MAX) throw overloaded(TOO_MANY_INPUTS)
    if (this.#length >= ROOM_MAX) throw overloaded('too much waits for the room')
    if (this.#host.waiting >= this.#host.max) throw overloaded('too much waits for the host of the room')
  }

  push(waiting: Waiting): void {
    const queued: Queued = { ...this.#replace(waiting), isReplaced: false }
    this.#queued.push(queued)
    if (queued.latest !== undefined) this.#latest.set(keyOf(queued), queued)
    this.#count(queued, 1)
  }

  /** Takes the entries of the next tick: all that wait, except those that are too many of one seat. */
  take(): readonly Waiting[] {
    if (this.#length === 0) return []
    const taken: Queued[] = []
    const left: Queued[] = []
    const counts = new Map<string, number>()
    for (const queued of this.#queued) {
      if (queued.isReplaced) continue
      const count = queued.user === undefined ? 0 : (counts.get(queued.user) ?? 0)
      // All entries of a seat keep their order, also those that are no inputs.
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

  drain(): readonly Waiting[] {
    const all = this.#queued.filter(({ isReplaced }) => !isReplaced)
    for (const queued of all) this.#forget(queued)
    this.#queued = []
    return all
  }

  /** If an older input with the same name waits, the new one replaces it, and both are answered when the new one was handled. */
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

function overloaded(message: string): Refusal {
  return new Refusal('OVERLOADED', message, { retry_after_ms: RETRY_MS })
}
