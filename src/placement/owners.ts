import type { RoomDefinition } from '../domain/room.ts'
import type { GameRoom, Where } from '../link/methods/games.ts'
import { Refusal } from '../protocol/errors.ts'
import type { Namespace, RoomId } from '../protocol/ids.ts'
import type { Directory } from '../rooms/directory.ts'
import type { Cluster } from '../store/cluster.ts'
import type { PlacedRoom } from './placed-room.ts'
import { fitsWhere } from './where.ts'

export interface OwnersOptions {
  readonly cluster: Cluster
  readonly directory: Directory
  /** PUBLIC_URL of this node. */
  readonly url: string | undefined
  readonly roomCapacity: number
  /** How long it is remembered that a room was at a node that is gone. */
  readonly keepMs: number
  readonly nowMs: () => number
}

/** What a node tells the other nodes about a room that it runs. */
interface Told {
  /** Where clients reach the node. Null if the node does not know that. */
  readonly url: string | null
  readonly room: GameRoom
  /** Whether the room runs. */
  readonly isThere: boolean
  readonly hasPassword: boolean
}

/** What a room was when the other nodes were last told of it, so that they are told only of changes. */
type Summary = readonly unknown[]

/** A room at another node. */
interface Elsewhere extends Told {
  readonly node: string
}

/** A room whose node is gone. */
interface Gone extends Elsewhere {
  readonly atMs: number
}

/** Rooms of nodes that are gone; the oldest are forgotten first. */
const GONE_MAX = 10_000
const BACK_MS = 1_000

/**
 * Which node runs which room with a game. A node claims the id of a room before anybody hears of the room, and the claim goes with the
 * node's place in the cluster. So no room runs at two nodes, and each node knows the rooms of all others.
 */
export class Owners {
  readonly #options: OwnersOptions
  readonly #elsewhere = new Map<RoomId, Elsewhere>()
  readonly #ofGame = new Map<string, Map<RoomId, Elsewhere>>()
  readonly #gone = new Map<RoomId, Gone>()
  readonly #told = new WeakMap<PlacedRoom, Summary>()
  #onLost: (room: RoomId) => void = () => {}

  constructor(options: OwnersOptions) {
    this.#options = options
  }

  /** There is no other node: nothing has to be claimed. */
  get isAlone(): boolean {
    return this.#options.cluster.isAlone
  }

  /** From now on `onLost` is told of rooms of this node that another one has taken while this one had lost its place. */
  plugIn(onLost: (room: RoomId) => void): void {
    this.#onLost = onLost
  }

  /**
   * Resolves to false if another node has the room. Returns undefined if this node is alone. Rejects with StoreUnavailable or
   * OutcomeUnknown: then this node does not have it.
   */
  claim(room: PlacedRoom): Promise<boolean> | undefined {
    const { cluster } = this.#options
    return cluster.isAlone ? undefined : cluster.claim(room.id, this.#toValue(room))
  }

  /** Tells the other nodes what has changed of these rooms. Call this now and then. */
  tell(rooms: Iterable<PlacedRoom>): void {
    const { cluster } = this.#options
    if (cluster.isAlone) return
    for (const room of rooms) {
      const now = summaryOf(room)
      const before = this.#told.get(room)
      if (before && now.every((value, i) => value === before[i])) continue
      this.#told.set(room, now)
      cluster.restate(room.id, this.#toValue(room))
    }
  }

  /** The rooms of a game at other nodes. */
  *ofGame(game: string): Iterable<GameRoom> {
    for (const { room, isThere } of this.#ofGame.get(game)?.values() ?? []) if (isThere) yield room
  }

  /** The fullest room at another node that has a place for a newcomer, as MOVED. Undefined if there is none that clients can reach. */
  best(game: string, namespace: Namespace, where: Where): Refusal | undefined {
    let best: Elsewhere | undefined
    for (const one of this.#ofGame.get(game)?.values() ?? []) {
      const { room, isThere, hasPassword, url } = one
      if (!isThere || hasPassword || url === null || room.seats_free === 0 || room.namespace !== namespace) continue
      if (fitsWhere(where, room.listing) && (!best || room.seats_free < best.room.seats_free)) best = one
    }
    return best && moved(best)
  }

  /** The room is no more, or does not run here. */
  release({ id }: PlacedRoom): void {
    this.#options.cluster.release(id)
  }

  isElsewhere(room: RoomId): boolean {
    return this.#elsewhere.has(room)
  }

  /** What is answered to whoever asks this node for the room: MOVED, or UNAVAILABLE if its node is gone. Undefined: no other node has it. */
  refusal(room: RoomId): Refusal | undefined {
    const elsewhere = this.#elsewhere.get(room)
    if (elsewhere) return moved(elsewhere)
    const gone = this.#gone.get(room)
    if (!gone) return undefined
    // The node is back, and knows what has become of its rooms.
    if (this.#isAlive(gone)) return moved(gone)
    return new Refusal(
      'UNAVAILABLE',
      `the room is at node "${gone.node}", which is gone: it comes back with that node`,
      {
        node: gone.node,
        retry_after_ms: BACK_MS,
      },
    )
  }

  /** Throws what `refusal` returns. */
  requireHere(room: RoomId): void {
    const refusal = this.refusal(room)
    if (refusal) throw refusal
  }

  /** Waits until this node knows what any node had claimed before. Does nothing if etcd does not answer. */
  async catchUp(): Promise<void> {
    await this.#options.cluster.catchUp().catch(() => {}) // then the answer is as of before
  }

  // What the cluster tells.

  readonly onClaim = (name: string, claim: { readonly node: string; readonly value: Uint8Array } | undefined): void => {
    const room = name as RoomId
    const { cluster, directory, nowMs } = this.#options
    const before = this.#elsewhere.get(room)
    if (claim !== undefined && claim.node !== cluster.node) {
      const told = JSON.parse(Buffer.from(claim.value).toString()) as Told
      this.#put({ node: claim.node, ...told })
      this.#gone.delete(room)
      if (!before) this.#define(told.room)
    } else if (before) {
      this.#remove(before)
      // If this node has claimed it, the room runs here.
      if (claim === undefined && directory.get(room)?.namespace === before.room.namespace) directory.ended(room)
      // Otherwise the room has ended.
      if (!this.#isAlive(before)) this.#gone.set(room, { ...before, atMs: nowMs() })
      this.#forgetOld()
    }
  }

  readonly onClaimLost = (name: string): void => {
    this.#onLost(name as RoomId)
  }

  #isAlive({ node }: Elsewhere): boolean {
    return this.#options.cluster.nodes.includes(node)
  }

  #put(elsewhere: Elsewhere): void {
    const { room_id, game } = elsewhere.room
    this.#elsewhere.set(room_id as RoomId, elsewhere)
    const ofGame = this.#ofGame.get(game) ?? new Map<RoomId, Elsewhere>()
    this.#ofGame.set(game, ofGame.set(room_id as RoomId, elsewhere))
  }

  #remove({ room: { room_id, game } }: Elsewhere): void {
    this.#elsewhere.delete(room_id as RoomId)
    const ofGame = this.#ofGame.get(game)
    ofGame?.delete(room_id as RoomId)
    if (ofGame?.size === 0) this.#ofGame.delete(game)
  }

  #toValue(room: PlacedRoom): Uint8Array {
    const { url = null } = this.#options
    const told: Told = { url, room: room.toListed(), isThere: room.isThere, hasPassword: room.password !== undefined }
    return Buffer.from(JSON.stringify(told))
  }

  #define({ room_id, namespace, game }: GameRoom): void {
    const { directory, roomCapacity } = this.#options
    const room = room_id as RoomId
    // A room that was made here by joining it, while no game of that name was loaded. It is left alone.
    if ((directory.get(room)?.namespace ?? namespace) !== namespace) return
    const definition: RoomDefinition = { room_id: room, namespace, capacity: roomCapacity, delivery: 'must', game }
    directory.define(definition)
  }

  #forgetOld(): void {
    const { nowMs, keepMs } = this.#options
    const sinceMs = nowMs() - keepMs
    for (const [room, { atMs }] of this.#gone) {
      if (atMs >= sinceMs && this.#gone.size <= GONE_MAX) return
      this.#gone.delete(room)
    }
  }
}

/** All that `Told` is made of, as far as it changes. */
function summaryOf({ isThere, listing, seated, seatsTaken, isLocked }: PlacedRoom): Summary {
  return [isThere, listing, seated.size, seatsTaken, isLocked]
}

function moved({ node, url, room }: Elsewhere): Refusal {
  const at = `the room "${room.room_id}" is at node "${node}"`
  if (url !== null) return new Refusal('MOVED', at, { url, node })
  const why = 'whose address is not known: set PUBLIC_URL on each node to the address at which clients reach it'
  return new Refusal('MOVED', `${at}, ${why}`, { node })
}
