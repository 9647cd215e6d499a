import { SERVER_EVENT } from '../protocol/events.ts'
import type { Namespace, RoomId, UserId } from '../protocol/ids.ts'

export interface Announcement {
  readonly eventType: typeof SERVER_EVENT.joined | typeof SERVER_EVENT.left
  readonly namespace: Namespace
  readonly room: RoomId
  readonly users: readonly UserId[]
}

/** The most users that one event names. Further users go into the next event. */
const USERS_MAX = 200

interface Change {
  readonly came: boolean
  /** The number of the change in its room, from 1 on. It is `MAYBE_TOLD` if members may already know of it. */
  sequence: number
}

const MAYBE_TOLD = 0

interface Changes {
  readonly namespace: Namespace
  /** A user who has joined and left since the last `take` is not in here, unless somebody may know of the join. */
  readonly users: Map<UserId, Change>
  made: number
  /** A reply has told somebody of all changes up to this number. */
  toldAt: number
}

/** Collects who has joined and left each room since the last `take`. */
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
   * Notes that a reply has said who is in the room, or how many are. If a user who has just joined leaves again, that now has to
   * be announced.
   * @param asker the user who got the reply. Their own join is not known to anybody else by it.
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
   * Puts an announcement back that failed, or whose outcome is not known. What its users did meanwhile takes precedence. Their
   * changes count as known, because a reply may have told somebody of them in between.
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
