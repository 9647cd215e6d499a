import { decodeGameBlock } from '../../link/game-block.ts'
import type { Link } from '../../link/link.ts'
import type { PrimaryMethods } from '../../link/methods/primary.ts'
import type { GameEntry } from '../../link/methods/rooms.ts'
import type { GameStatus, WorkerMethods } from '../../link/methods/worker.ts'
import { MultiMap } from '../../base/multi-map.ts'
import { SERVER_EVENT } from '../../protocol/events.ts'
import { Refusal } from '../../protocol/errors.ts'
import type { RoomId } from '../../protocol/ids.ts'
import type { Connection, Watching } from '../connection.ts'
import { PatchTopics, type PatchTopicsOptions } from './patch-topics.ts'
import { Viewer } from './viewer.ts'

export interface GameRoomsOptions extends PatchTopicsOptions {
  readonly link: Pick<Link<WorkerMethods, PrimaryMethods>, 'call'>
}

/** How many ended rooms are remembered, so that a client with a late input is told that the room is over. */
const OVER_MAX = 10_000

/** The connections of this worker that are in rooms with games, and what they are sent from these rooms. */
export class GameRooms {
  readonly #options: GameRoomsOptions
  readonly #topics: PatchTopics
  readonly #ofRoom = new MultiMap<RoomId, Viewer>()
  readonly #ofConnection = new Map<Connection, ViewersOfConnection>()
  readonly #over = new Set<RoomId>()
  /** For each connection that came back, the rooms whose games have not answered yet. */
  readonly #awaited = new Map<Connection, Set<RoomId>>()
  /** For each connection that came back and named rooms of other nodes: why its requests for these rooms are refused. */
  readonly #elsewhere = new WeakMap<Connection, Map<RoomId, Refusal>>()

  constructor(options: GameRoomsOptions) {
    this.#options = options
    this.#topics = new PatchTopics(options)
  }

  /** `viewers` counts connections once for each room that they are in; `topics` counts topics that have subscribers. */
  get counts(): { readonly viewers: number; readonly topics: number } {
    let viewers = 0
    for (const { all } of this.#ofConnection.values()) viewers += all.length
    return { viewers, topics: this.#topics.size }
  }

  /**
   * The connection was sent the state in `entry`. Call this while handling the answer that brought it, so that the next patch
   * fits.
   */
  enter(connection: Connection, room: RoomId, entry: GameEntry): void {
    this.leave(connection, room)
    this.#elsewhere.get(connection)?.delete(room)
    const { link } = this.#options
    const viewer = new Viewer({ connection, room, entry, link, topics: this.#topics })
    let viewers = this.#ofConnection.get(connection)
    if (viewers === undefined) {
      viewers = new ViewersOfConnection((each) => this.#ofRoom.delete(each.room, each))
      this.#ofConnection.set(connection, viewers)
      connection.watching = viewers
    }
    viewers.all.push(viewer)
    this.#ofRoom.add(room, viewer)
  }

  find(connection: Connection, room: RoomId): Viewer | undefined {
    return this.#ofConnection.get(connection)?.all.find((viewer) => viewer.room === room)
  }

  findByHandle(connection: Connection, handle: number): Viewer | undefined {
    return this.#ofConnection.get(connection)?.all.find(({ entry }) => entry.handle === handle)
  }

  /** The connection has come back, but the game of the room does not answer yet. */
  awaits(connection: Connection, room: RoomId): void {
    let rooms = this.#awaited.get(connection)
    if (rooms === undefined) this.#awaited.set(connection, (rooms = new Set()))
    rooms.add(room)
  }

  isAwaited(connection: Connection, room: RoomId): boolean {
    return this.#awaited.get(connection)?.has(room) === true
  }

  /** The connection named this room when it came back, and another node has the room. */
  noteElsewhere(connection: Connection, room: RoomId, refusal: Refusal): void {
    const rooms = this.#elsewhere.get(connection) ?? new Map<RoomId, Refusal>()
    this.#elsewhere.set(connection, rooms.set(room, refusal))
  }

  /** Why a request is refused for a room that the connection is not in. Undefined if there is no other reason than that. */
  whyNotIn(connection: Connection, room: RoomId): Refusal | undefined {
    if (this.#over.has(room)) return new Refusal('ROOM_OVER', `the room "${room}" is over`)
    return this.#elsewhere.get(connection)?.get(room)
  }

  leave(connection: Connection, room: RoomId): void {
    this.#awaited.get(connection)?.delete(room)
    const viewers = this.#ofConnection.get(connection)
    const viewer = this.find(connection, room)
    if (!viewers || !viewer) return
    viewer.end()
    viewers.all.splice(viewers.all.indexOf(viewer), 1)
    this.#ofRoom.delete(room, viewer)
    if (viewers.all.length === 0) this.#forget(connection)
  }

  ended(room: RoomId): void {
    const viewers = [...this.#ofRoom.of(room)]
    if (viewers.length === 0) return
    for (const { connection } of viewers) this.leave(connection, room)
    this.#over.add(room)
    if (this.#over.size <= OVER_MAX) return
    const [oldest] = this.#over
    if (oldest !== undefined) this.#over.delete(oldest)
  }

  /** The socket is closed. */
  closed(connection: Connection): void {
    this.#ofConnection.get(connection)?.closed()
    this.#awaited.delete(connection)
    this.#forget(connection)
  }

  /** Publishes the patches of a block from a host. */
  publish(block: Buffer): void {
    this.#topics.publish(decodeGameBlock(block).patches)
  }

  status(room: RoomId, status: GameStatus): void {
    for (const viewer of this.#ofRoom.of(room)) {
      viewer.connection.sendInRoom(SERVER_EVENT.status, room, status)
      if (status.status === 'restarted') viewer.refresh()
    }
  }

  /** From now on, the connection has another view of the room. */
  viewChanged(connection: Connection, room: RoomId): void {
    this.find(connection, room)?.refresh()
  }

  #forget(connection: Connection): void {
    this.#ofConnection.delete(connection)
    connection.watching = undefined
  }
}

/** The rooms with games that one connection is in. */
class ViewersOfConnection implements Watching {
  readonly all: Viewer[] = []
  readonly #onGone: (viewer: Viewer) => void

  constructor(onGone: (viewer: Viewer) => void) {
    this.#onGone = onGone
  }

  pause(): void {
    for (const viewer of this.all) viewer.pause()
  }

  resume(): void {
    for (const viewer of this.all) viewer.resume()
  }

  closed(): void {
    for (const viewer of this.all) {
      viewer.closed()
      this.#onGone(viewer)
    }
  }
}
