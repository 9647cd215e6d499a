import { SERVER_EVENT } from '../protocol/events.ts'
import type { Namespace, RoomId, UserId } from '../protocol/ids.ts'

export interface Announcement {
  readonly eventType: typeof SERVER_EVENT.joined | typeof SERVER_EVENT.left
  readonly namespace: Namespace
  readonly room: RoomId
  readonly users: readonly UserId[]
}

/** Users in one event; more come in the next one. */
const USERS_MAX = 200

interface Change {
  readonly came: boolean
  /** Its place among the changes of its room, from 1 on. `MAYBE_TOLD` if members may have been told of it already. */
  sequence: number
}

const MAYBE_TOLD = 0

interface Changes {
  readonly namespace: Namespace
  /** A user who came and went since the last time is not in it, unless somebody may have been told of the coming. */
  readonly users: Map<UserId, Change>
  /** The newest change's place. */
  made: number
  /** A reply has told somebody of all changes up to this place. */
  toldAt: number
}

/** Who came to and went from each room since the last time it was asked. */
export class Announcements {
  readonly #rooms = new Map<RoomId, Changes>()

  note(room: RoomId, namespace: Namespace, user: UserId, came: boolean): void {
    const changes = this.#changesOf(room, namespace)
    const before = changes.users.get(user)
    if (!before) changes.users.set(user, { came, sequence: ++changes.made })
    else if (before.came === came) return
    else if (before.sequence > changes.toldAt) changes.users.delete(user)
    else changes.users.set(user, { came, sequence: MAYBE_TOLD })
  }

  /**
   * A reply says who is in the room now, or how many are: if one of the users who have just come goes again, that is announced.
   * @param asker knows of their own coming, and nobody else was told of it
   */
  told(room: RoomId, asker?: UserId): void {
    const changes = this.#rooms.get(room)
    if (!changes) return
    const own = asker === undefined ? undefined : changes.users.get(asker)
    const isOwnUntold = own !== undefined && own.sequence > changes.toldAt
    changes.toldAt = changes.made
    if (isOwnUntold) own.sequence = ++changes.made
  }

  /**
   * An announcement was not made, or may have been: it is made again, with what the user has done meanwhile. They count as announced,
   * as a reply may have told somebody of them in between.
   */
  noteAgain({ room, namespace, eventType, users }: Announcement): void {
    const changes = this.#changesOf(room, namespace)
    const came = eventType === SERVER_EVENT.joined
    for (const user of users) {
      changes.users.set(user, { came: changes.users.get(user)?.came ?? came, sequence: MAYBE_TOLD })
    }
  }

  take(): readonly Announcement[] {
    const taken: Announcement[] = []
    for (const [room, { namespace, users }] of this.#rooms) {
      for (const came of [false, true]) {
        const those = [...users].filter(([, change]) => change.came === came).map(([user]) => user)
        for (let i = 0; i < those.length; i += USERS_MAX) {
          const eventType = came ? SERVER_EVENT.joined : SERVER_EVENT.left
          taken.push({ eventType, namespace, room, users: those.slice(i, i + USERS_MAX) })
        }
      }
    }
    this.#rooms.clear()
    return taken
  }

  #changesOf(room: RoomId, namespace: Namespace): Changes {
    let changes = this.#rooms.get(room)
    if (!changes) this.#rooms.set(room, (changes = { namespace, users: new Map(), made: 0, toldAt: 0 }))
    return changes
  }
}
