import type { Connection } from '../connections/connection.ts'
import type { RemoteRooms } from '../connections/remote.ts'
import type { Namespace, RoomId, UserId } from '../protocol/ids.ts'
import type { Cluster } from '../store/cluster.ts'
import type { Announcements } from './announcements.ts'
import type { Directory } from './directory.ts'

export interface RemoteMembersOptions {
  readonly cluster: Cluster
  readonly directory: Directory
  readonly announcements: Announcements
  readonly nowMs: () => number
}

interface Departure {
  readonly room: RoomId
  readonly namespace: Namespace
  readonly user: UserId
  /** The monotonic time. */
  readonly atMs: number
}

/** How long the members of a dead node are remembered until the caretaker has announced that they left. */
const DEPARTURES_KEPT_MS = 60_000

/**
 * Members whose connections are on other nodes. Their own nodes announce them. If such a node dies, the caretaker announces that
 * they left.
 */
export class RemoteMembers implements RemoteRooms {
  readonly #options: RemoteMembersOptions
  #departures: Departure[] = []

  constructor(options: RemoteMembersOptions) {
    this.#options = options
  }

  entered({ namespace, userId }: Connection, room: RoomId): void {
    this.#options.directory.joined(room, namespace, userId)
  }

  left({ namespace, userId }: Connection, room: RoomId, nodeGone: boolean): void {
    const { directory, nowMs } = this.#options
    const { last } = directory.leave(room, userId)
    if (last && nodeGone) this.#departures.push({ room, namespace, user: userId, atMs: nowMs() })
  }

  stayed({ namespace, userId, rooms }: Connection): void {
    for (const room of rooms) this.#options.announcements.note(room, namespace, userId, true)
  }

  /** If this node is the caretaker, notes who left with a node that died. Call this from time to time. */
  noteDeparted(): void {
    const { cluster, directory, announcements, nowMs } = this.#options
    const sinceMs = nowMs() - DEPARTURES_KEPT_MS
    if (!cluster.isCaretaker) {
      this.#departures = this.#departures.filter(({ atMs }) => atMs > sinceMs)
      return
    }
    for (const { room, namespace, user, atMs } of this.#departures) {
      const isBack = directory.membersOf(room).has(user)
      if (atMs > sinceMs && !isBack) announcements.note(room, namespace, user, false)
    }
    this.#departures = []
  }
}
