import type { Connection } from '../connections/connection.ts'
import type { RemoteRooms } from '../connections/remote.ts'
import type { Namespace, RoomId, UserId } from '../protocol/ids.ts'
import type { Cluster } from '../store/cluster.ts'
import type { Announcement, Announcements } from './announcements.ts'
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

interface Unannounced extends Departure {
  looks: number
}

/** How long the members of a dead node are remembered until the caretaker has announced that they left. */
const DEPARTURES_KEPT_MS = 60_000

/** How many looks another node has to announce that its member left. */
const ANNOUNCED_LOOKS = 3

/**
 * Members whose connections are on other nodes. Their own nodes announce them. If such a node dies, the caretaker announces that
 * they left. The caretaker also announces that a user left whose connections on two nodes left at once: each of these nodes saw the
 * other connection stay.
 */
export class RemoteMembers implements RemoteRooms {
  readonly #options: RemoteMembersOptions
  #departures: Departure[] = []
  /** Those who left while their nodes live. */
  #unannounced: Unannounced[] = []

  constructor(options: RemoteMembersOptions) {
    this.#options = options
  }

  entered({ namespace, userId }: Connection, room: RoomId): void {
    this.#options.directory.joined(room, namespace, userId)
  }

  left({ namespace, userId }: Connection, room: RoomId, nodeGone: boolean): void {
    const { directory, nowMs } = this.#options
    const { last } = directory.leave(room, userId)
    if (!last) return
    const departure = { room, namespace, user: userId, atMs: nowMs() }
    if (nodeGone) this.#departures.push(departure)
    else this.#unannounced.push({ ...departure, looks: 0 })
  }

  /** An announcement stands in the log that these users have left. */
  leftAnnounced({ room, users }: Pick<Announcement, 'room' | 'users'>): void {
    if (this.#unannounced.length === 0) return
    const named = new Set(users)
    this.#unannounced = this.#unannounced.filter((one) => one.room !== room || !named.has(one.user))
  }

  stayed({ namespace, userId, rooms }: Connection): void {
    for (const room of rooms) this.#options.announcements.note(room, namespace, userId, true)
  }

  /** If this node is the caretaker, notes who left with a node that died. Call this from time to time. */
  noteDeparted(): void {
    const { cluster, directory, announcements, nowMs } = this.#options
    this.#noteUnannounced()
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

  /** If nobody was told that the user came, the announced number is right, and nobody has to be told that the user left. */
  #noteUnannounced(): void {
    const { cluster, directory, announcements } = this.#options
    if (this.#unannounced.length === 0) return
    for (const one of this.#unannounced) one.looks++
    const due = this.#unannounced.filter(({ looks }) => looks > ANNOUNCED_LOOKS)
    this.#unannounced = this.#unannounced.filter(({ looks }) => looks <= ANNOUNCED_LOOKS)
    if (!cluster.isCaretaker) return
    for (const { room, namespace, user } of due) {
      const isBack = directory.membersOf(room).has(user)
      if (!isBack && directory.isAnnouncedWrong(room)) announcements.note(room, namespace, user, false)
    }
  }
}
