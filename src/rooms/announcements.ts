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
  /** False if the members may have been told the opposite already, so that coming and going do not cancel each other out. */
  readonly isSure: boolean
}

interface Changes {
  readonly namespace: Namespace
  /** A user who came and went since the last time is not in it. */
  readonly users: Map<UserId, Change>
}

/** Who came to and went from each room since the last time it was asked. */
export class Announcements {
  readonly #rooms = new Map<RoomId, Changes>()

  note(room: RoomId, namespace: Namespace, user: UserId, came: boolean): void {
    const { users } = this.#changesOf(room, namespace)
    const before = users.get(user)
    if (!before) users.set(user, { came, isSure: true })
    else if (before.came === came) return
    else if (before.isSure) users.delete(user)
    else users.set(user, { came, isSure: false })
  }

  /**
   * An announcement may have been made or not: the outcome of its commit is unknown. It is made again, with what the user has done
   * meanwhile.
   */
  noteUnsure(room: RoomId, namespace: Namespace, user: UserId, came: boolean): void {
    const { users } = this.#changesOf(room, namespace)
    users.set(user, { came: users.get(user)?.came ?? came, isSure: false })
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
    if (!changes) this.#rooms.set(room, (changes = { namespace, users: new Map() }))
    return changes
  }
}
