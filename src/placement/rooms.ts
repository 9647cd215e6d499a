import type { GameCount } from '../link/methods/games.ts'
import type { Refusal } from '../protocol/errors.ts'
import type { RoomId } from '../protocol/ids.ts'
import type { EndedRooms } from './ended-rooms.ts'
import { HeldSeats } from './held-seats.ts'
import type { Host } from './hosts.ts'
import type { PlacedRoom } from './placed-room.ts'

/** The rooms with games of this node. */
export class PlacedRooms {
  readonly ended: EndedRooms
  /** Rooms that have journals but cannot go on now, and the answer to those who ask for them. */
  readonly waiting = new Map<RoomId, Refusal>()
  readonly #byHandle = new Map<number, PlacedRoom>()
  readonly #byId = new Map<RoomId, PlacedRoom>()
  readonly #ofGame = new Map<string, Set<PlacedRoom>>()
  /** How many of the present rooms the searches of each user have made. */
  readonly #madeBy = new Map<string, number>()
  readonly held: HeldSeats
  #lastHandle = 0

  /** @param heldSeatsMax for each address */
  constructor(ended: EndedRooms, heldSeatsMax: number) {
    this.ended = ended
    this.held = new HeldSeats(heldSeatsMax)
  }

  /** Returns a handle that no room of this node has had. */
  newHandle(): number {
    return ++this.#lastHandle
  }

  add(room: PlacedRoom): void {
    this.#byHandle.set(room.handle, room)
    this.#byId.set(room.id, room)
    const { name } = room.game
    const ofGame = this.#ofGame.get(name) ?? new Set()
    this.#ofGame.set(name, ofGame)
    ofGame.add(room)
    this.#countMade(room, 1)
  }

  remove(room: PlacedRoom): void {
    if (!this.#byHandle.delete(room.handle)) return
    this.held.releaseAll(room.handle)
    this.#countMade(room, -1)
    this.#byId.delete(room.id)
    const ofGame = this.#ofGame.get(room.game.name)
    ofGame?.delete(room)
    if (ofGame?.size === 0) this.#ofGame.delete(room.game.name)
  }

  /**
   * How many of the present rooms were made by searches of this user, or of guests of this address.
   * @param by see `PlacedRoom.madeBy`
   */
  countMadeBy(by: string): number {
    return this.#madeBy.get(by) ?? 0
  }

  byHandle(handle: number): PlacedRoom | undefined {
    return this.#byHandle.get(handle)
  }

  get(id: RoomId): PlacedRoom | undefined {
    return this.#byId.get(id)
  }

  /** In the order in which they were made. */
  ofGame(name: string): Iterable<PlacedRoom> {
    return this.#ofGame.get(name) ?? []
  }

  /** How much a game is played now. */
  countOf(name: string): GameCount {
    const count = { rooms: 0, players: 0, botSeats: 0 }
    for (const { listing, seated } of this.ofGame(name)) {
      count.rooms++
      count.players += seated.size
      count.botSeats += Math.max(0, listing.seats - seated.size)
    }
    return count
  }

  /** The rooms that the host runs or was asked to run. */
  ofHost({ id, rooms }: Pick<Host, 'id' | 'rooms'>): readonly PlacedRoom[] {
    return [...rooms].flatMap((handle) => this.byHandle(handle) ?? []).filter(({ host }) => host === id)
  }

  get all(): Iterable<PlacedRoom> {
    return this.#byHandle.values()
  }

  get size(): number {
    return this.#byHandle.size
  }

  #countMade({ madeBy }: PlacedRoom, by: 1 | -1): void {
    if (madeBy === undefined) return
    const count = this.countMadeBy(madeBy) + by
    if (count > 0) this.#madeBy.set(madeBy, count)
    else this.#madeBy.delete(madeBy)
  }
}
