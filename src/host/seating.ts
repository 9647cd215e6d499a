import type { Seat } from '../games/definition.ts'
import type { Game } from '../games/define.ts'
import type { Entry } from '../games/entries.ts'
import type { EnterRoom } from '../link/methods/host.ts'
import { Refusal } from '../protocol/errors.ts'

/** A connection in a room. */
export interface Viewer {
  readonly viewer: number
  readonly user: string
  readonly isSpectator: boolean
  readonly encoding: 'json' | 'binary'
}

/** A user's place once all waiting entries were handled. */
interface Expected {
  isHere: boolean
  /** When the user's last connection was lost, or when a restored room began to wait for one, by the clock of rooms. */
  goneAtMs: number | undefined
}

/** The entry that an entering connection waits for. Undefined if it need not wait. */
export type Entering = Entry | undefined

/** After a restore, how long a seat that counts as connected may have no connection. */
const RETURN_MS = 5_000

/**
 * The users in a room, and what it means for their seats when connections come and go. A seat belongs to a user. The user's first
 * connection takes the seat or finds it again, and the last one that goes drops it. What is decided here goes into the journal,
 * and the step only carries it out.
 */
export class Seating {
  readonly #game: Game
  readonly #viewers = new Map<number, Viewer>()
  readonly #expected = new Map<string, Expected>()

  constructor(game: Game) {
    this.#game = game
  }

  viewer(viewer: number): Viewer | undefined {
    return this.#viewers.get(viewer)
  }

  get spectators(): number {
    let count = 0
    for (const { isSpectator } of this.#viewers.values()) if (isSpectator) count++
    return count
  }

  /** Whether nobody plays and nobody watches. Bots do not count. */
  get isEmpty(): boolean {
    return this.#viewers.size === 0 && this.#expected.size === 0
  }

  /** Whether the user has a seat, or will have one. */
  has(user: string): boolean {
    return this.#expected.has(user)
  }

  get hasPlayers(): boolean {
    return this.#expected.size > 0
  }

  /** Adds a connection. Throws FORBIDDEN or NOT_IN_ROOM, and does nothing then. */
  enter(args: EnterRoom): Entering {
    const { viewer, user, isGuest, inventory, ledgerEntry, encoding } = args
    const isSpectator = args.as === 'spectator'
    if (isSpectator && !this.#game.seats.spectators) throw new Refusal('FORBIDDEN', 'this game has no spectators')
    const expected = isSpectator ? undefined : this.#expected.get(user)
    if (!isSpectator && args.isBack && !expected) throw new Refusal('NOT_IN_ROOM', 'no seat in this room any more')
    this.#viewers.set(viewer, { viewer, user, isSpectator, encoding })
    if (isSpectator) return undefined
    if (!expected) {
      this.#expected.set(user, { isHere: true, goneAtMs: undefined })
      return { kind: 'join', joiner: { user, isGuest, inventory, ledgerEntry } }
    }
    const wasHere = expected.isHere
    expected.isHere = true
    expected.goneAtMs = undefined
    return wasHere ? undefined : { kind: 'back', user }
  }

  /** Removes a connection that is gone. Returns the entries that follow from it. */
  exit(viewer: number, nowMs: number): readonly Entry[] {
    const gone = this.#viewers.get(viewer)
    if (!gone) return []
    this.#viewers.delete(viewer)
    if (gone.isSpectator || this.connectionsOf(gone.user).length > 0) return []
    const expected = this.#expected.get(gone.user)
    if (!expected?.isHere) return []
    expected.isHere = false
    expected.goneAtMs = nowMs
    return [{ kind: 'drop', user: gone.user }]
  }

  /** Removes a connection. A player gives up the seat; a spectator only leaves. Returns the entries that follow from it. */
  leave(viewer: number): readonly Entry[] {
    const gone = this.#viewers.get(viewer)
    if (!gone) return []
    this.#viewers.delete(viewer)
    if (gone.isSpectator || !this.#expected.has(gone.user)) return []
    this.forget(gone.user)
    return [{ kind: 'leave', user: gone.user, why: 'left' }]
  }

  /**
   * Returns entries for what is due: the end of seats that were held too long, and the drop of restored seats whose user did not
   * come back.
   */
  due(nowMs: number): readonly Entry[] {
    const { holdMs } = this.#game.seats
    const entries: Entry[] = []
    for (const [user, expected] of Array.from(this.#expected)) {
      const { isHere, goneAtMs } = expected
      if (goneAtMs === undefined) continue
      if (isHere && nowMs - goneAtMs >= RETURN_MS) {
        expected.isHere = false
        expected.goneAtMs = nowMs
        entries.push({ kind: 'drop', user })
      } else if (!isHere && nowMs - goneAtMs >= holdMs) {
        this.forget(user)
        entries.push({ kind: 'leave', user, why: 'held too long' })
      }
    }
    return entries
  }

  /**
   * Call this when all waiting entries of the user were handled. Returns the connections that have no seat any more.
   * @param seat the seat that the user has now
   */
  settle(user: string, seat: Seat | undefined, nowMs: number): readonly number[] {
    if (!seat) return this.forget(user)
    const expected = this.#expected.get(user)
    if (expected) expected.isHere = seat.isConnected
    else this.#expected.set(user, { isHere: seat.isConnected, goneAtMs: seat.isConnected ? undefined : nowMs })
    return []
  }

  /** The user has no seat any more. Returns the connections that played on it. */
  forget(user: string): readonly number[] {
    this.#expected.delete(user)
    const gone = this.connectionsOf(user)
    for (const viewer of gone) this.#viewers.delete(viewer)
    return gone
  }

  /**
   * Takes over the seats of a restored room. Their connections have to enter again.
   * @param goneAtMs since when the seats without a connection are held
   */
  restore(seats: readonly Seat[], goneAtMs: ReadonlyMap<string, number>, nowMs: number): void {
    for (const { id, bot, isConnected } of seats) {
      if (bot !== undefined) continue
      this.#expected.set(id, { isHere: isConnected, goneAtMs: isConnected ? nowMs : (goneAtMs.get(id) ?? nowMs) })
    }
  }

  /** The users whose seats are held, and since when. */
  get goneAtMs(): readonly (readonly [user: string, goneAtMs: number])[] {
    return Array.from(this.#expected).flatMap(([user, { isHere, goneAtMs }]) =>
      isHere || goneAtMs === undefined ? [] : [[user, goneAtMs] as const],
    )
  }

  /** Returns the connections with which the user plays. */
  connectionsOf(user: string): readonly number[] {
    const found: number[] = []
    for (const other of this.#viewers.values()) if (other.user === user && !other.isSpectator) found.push(other.viewer)
    return found
  }
}
