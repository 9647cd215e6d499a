import type { RoomDefinition } from '../domain/room.ts'
import { Refusal } from '../protocol/errors.ts'
import type { Namespace, RoomId } from '../protocol/ids.ts'
import type { Directory } from '../rooms/directory.ts'
import type { Cluster } from '../store/cluster.ts'
import type { PlacedRoom } from './placed-room.ts'

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

/** What a node says of a room that it runs, to the other nodes. */
interface Told {
  readonly namespace: Namespace
  readonly game: string
  /** Where clients reach the node; null if it was not told that. */
  readonly url: string | null
}

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
  readonly #gone = new Map<RoomId, Gone>()
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
  claim({ id, namespace, game }: PlacedRoom): Promise<boolean> | undefined {
    const { cluster, url = null } = this.#options
    if (cluster.isAlone) return undefined
    const told: Told = { namespace, game: game.name, url }
    return cluster.claim(id, Buffer.from(JSON.stringify(told)))
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
    if (elsewhere) return moved(room, elsewhere)
    const gone = this.#gone.get(room)
    if (!gone) return undefined
    // The node is back, and knows what has become of its rooms.
    if (this.#isAlive(gone)) return moved(room, gone)
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
      this.#elsewhere.set(room, { node: claim.node, ...told })
      this.#gone.delete(room)
      if (!before) this.#define(room, told)
    } else if (before) {
      this.#elsewhere.delete(room)
      directory.ended(room)
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

  #define(room: RoomId, { namespace, game }: Told): void {
    const { directory, roomCapacity } = this.#options
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

function moved(room: RoomId, { node, url }: Elsewhere): Refusal {
  const at = `the room "${room}" is at node "${node}"`
  if (url !== null) return new Refusal('MOVED', at, { url, node })
  const why = 'whose address is not known: set PUBLIC_URL on each node to the address at which clients reach it'
  return new Refusal('MOVED', `${at}, ${why}`, { node })
}
