import { SERVER_EVENT } from '../protocol/events.ts'
import type { RoomId } from '../protocol/ids.ts'
import type { Announcement } from './announcements.ts'
import type { Directory } from './directory.ts'

/** The newest announcement of a room, and how often its count was compared with the room since. */
interface Announced {
  readonly announcement: Announcement
  readonly members: number
  /** Looks in a row that found the count right. */
  right: number
  /** Looks in a row that found it wrong. */
  wrong: number
}

/** So many looks the node that changed the count has to announce the change itself. */
const WRONG_LOOKS_MAX = 5
/** Once the count was right for so many looks, nothing that travelled with the announcement is still on its way. */
const RIGHT_LOOKS_MAX = 10

/**
 * The counts in the newest announcements of rooms, whichever node made them. A node counts what it knows at that moment, so two nodes that
 * announce at once may both count too few. Nobody would correct that before the room changes again.
 */
export class AnnouncedCounts {
  readonly #directory: Directory
  readonly #newest = new Map<RoomId, Announced>()

  constructor(directory: Directory) {
    this.#directory = directory
  }

  /** An announcement stands in the log. */
  noteLogged(announcement: Announcement, members: number): void {
    const { room } = announcement
    this.#directory.noteAnnounced(room, members)
    this.#newest.set(room, { announcement, members, right: 0, wrong: 0 })
  }

  /** Returns the announcements whose counts have been wrong for a while. Call this once in each interval of announcements. */
  look(): readonly Announcement[] {
    const wrong: Announcement[] = []
    for (const [room, announced] of this.#newest) {
      const isRight = this.#directory.membersOf(room).size === announced.members
      announced.right = isRight ? announced.right + 1 : 0
      announced.wrong = isRight ? 0 : announced.wrong + 1
      if (announced.right >= RIGHT_LOOKS_MAX || !this.#directory.has(room)) this.#newest.delete(room)
      else if (announced.wrong >= WRONG_LOOKS_MAX) {
        announced.wrong = 0
        wrong.push(this.#withoutOutdated(announced.announcement))
      }
    }
    return wrong.filter(({ users }) => users.length > 0)
  }

  /** Whoever has done something else meanwhile is announced by their own node. */
  #withoutOutdated(announcement: Announcement): Announcement {
    const members = this.#directory.membersOf(announcement.room)
    const isIn = announcement.eventType === SERVER_EVENT.joined
    return { ...announcement, users: announcement.users.filter((user) => members.has(user) === isIn) }
  }
}
