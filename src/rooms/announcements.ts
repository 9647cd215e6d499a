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

interface Changes {
  readonly namespace: Namespace
  /** true: came, false: went. Who did both since the last time is not in it. */
  readonly users: Map<UserId, boolean>
}

/** Who came to and went from each room since the last time it was asked. */
export class Announcements {
  readonly #rooms = new Map<RoomId, Changes>()

  note(room: RoomId, namespace: Namespace, user: UserId, came: boolean): void {
    let changes = this.#rooms.get(room)
    if (!changes) this.#rooms.set(room, (changes = { namespace, users: new Map() }))
    const before = changes.users.get(user)
    if (before === undefined) changes.users.set(user, came)
    else if (before !== came) changes.users.delete(user)
  }

  take(): readonly Announcement[] {
    const taken: Announcement[] = []
    for (const [room, { namespace, users }] of this.#rooms) {
      for (const came of [false, true]) {
        const those = [...users].filter(([, value]) => value === came).map(([user]) => user)
        for (let i = 0; i < those.length; i += USERS_MAX) {
          const eventType = came ? SERVER_EVENT.joined : SERVER_EVENT.left
          taken.push({ eventType, namespace, room, users: those.slice(i, i + USERS_MAX) })
        }
      }
    }
    this.#rooms.clear()
    return taken
  }
}
