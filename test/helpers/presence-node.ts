import { SmallSet } from '../../src/base/small-set.ts'
import { systemClock } from '../../src/base/clock.ts'
import { systemRandom } from '../../src/base/random.ts'
import type { Connection } from '../../src/connections/connection.ts'
import { Shards } from '../../src/connections/published-shards.ts'
import { RecoverableSessions } from '../../src/connections/recoverable-sessions.ts'
import { Registry } from '../../src/connections/registry.ts'
import { Remote } from '../../src/connections/remote.ts'
import { Subscriptions } from '../../src/connections/subscriptions.ts'
import { Interest } from '../../src/hub/interest.ts'
import { SERVER_EVENT } from '../../src/protocol/events.ts'
import type { Namespace, RoomId, UserId } from '../../src/protocol/ids.ts'
import { AnnouncedCounts } from '../../src/rooms/announced-counts.ts'
import { announce, readAnnouncement } from '../../src/rooms/announce.ts'
import { Announcements } from '../../src/rooms/announcements.ts'
import { Directory } from '../../src/rooms/directory.ts'
import { Members } from '../../src/rooms/members.ts'
import { RemoteMembers } from '../../src/rooms/remote-members.ts'
import { createAlone } from '../../src/store/cluster.ts'
import type { LogRecord } from '../../src/store/store.ts'
import { NO_LOG } from './no-log.ts'

const NAMESPACE = 'private' as Namespace

/** What nodes write, in its one order: what they publish of their connections, and events. */
export type SharedLog = (
  | { readonly from: string; readonly shards: ReadonlyMap<string, Uint8Array | undefined> }
  | { readonly record: LogRecord }
)[]

/** The presence of one node of several, each step of which a test takes by hand. */
export class PresenceNode {
  readonly directory = new Directory({
    autoCreateIn: new Set([NAMESPACE]),
    capacity: 100,
    onMade: () => {},
    onGone: () => {},
    onRemoved: () => {},
  })
  /** What `announce` waits for. */
  told: Promise<void> | undefined
  readonly #name: string
  readonly #log: SharedLog
  readonly #shards = new Shards()
  readonly #registry: Registry
  readonly #members: Members
  readonly #remote: Remote
  readonly #announcing: Parameters<typeof announce>[0]
  #announced: LogRecord[] = []
  #applied = 0

  constructor(name: string, log: SharedLog, { isCaretaker }: { readonly isCaretaker: boolean }) {
    this.#name = name
    this.#log = log
    const { directory } = this
    const registry = (this.#registry = new Registry(name))
    const announcements = new Announcements()
    const publisher = {
      put: (connection: Connection) => this.#shards.put(connection),
      remove: (connection: Connection) => this.#shards.remove(connection),
      told: () => this.told,
      close: () => Promise.resolve(),
    }
    const subscriptions = new Subscriptions({ interest: new Interest(), publisher: publisher as never })
    const sessions = new RecoverableSessions({ keepMs: 1, nowMs: systemClock.nowMs, heardAfterMs: 1 })
    const cluster = { ...createAlone(name), isAlone: false, isCaretaker }
    this.#members = new Members({ registry, subscriptions, sessions, directory, announcements })
    const remoteMembers = new RemoteMembers({ cluster, directory, announcements, nowMs: () => 0 })
    this.#remote = new Remote({ registry, rooms: remoteMembers })
    this.#announcing = {
      cluster,
      publisher,
      announcements,
      announcedCounts: new AnnouncedCounts(directory),
      remoteMembers,
      directory,
      commits: { append: ({ record }) => this.#announced.push(record) },
      random: systemRandom,
      clock: systemClock,
      log: NO_LOG,
    }
  }

  /** The user connects here and joins. Returns the count of the reply. */
  join(user: string, room: RoomId): number {
    const id = `${this.#name}-${user}`
    if (!this.#registry.get(id)) {
      this.#registry.add({
        id,
        node: this.#name,
        worker: 1,
        namespace: NAMESPACE,
        userId: user as UserId,
        addressKey: '10.0.0.1',
        openedAtMs: 0,
        rooms: new SmallSet<RoomId>(),
        session: id,
      })
    }
    return this.#members.join(id, room).members
  }

  leave(user: string, room: RoomId): void {
    this.#members.leave(`${this.#name}-${user}`, room)
  }

  /** What changed of its connections goes into the log. */
  publish(): void {
    if (this.#shards.hasChanges) this.#log.push({ from: this.#name, shards: this.#shards.takeChanged() })
  }

  /** A tick: announcements are made, and are on their way into the log. */
  announce(): Promise<void> {
    return announce(this.#announcing)
  }

  /** What was announced is in the log. */
  commit(): void {
    this.#log.push(...this.#announced.map((record) => ({ record })))
    this.#announced = []
  }

  /** Applies what it has not applied of the log. */
  apply(): void {
    for (const entry of this.#log.slice(this.#applied)) {
      if ('record' in entry) this.#hear(entry.record)
      else if (entry.from !== this.#name) {
        for (const [shard, value] of entry.shards) this.#remote.onShard(entry.from, shard, value)
      }
    }
    this.#applied = this.#log.length
  }

  #hear(record: LogRecord): void {
    const { announcement, members } = readAnnouncement(record)
    this.#announcing.announcedCounts.noteLogged(announcement, members)
    if (announcement.eventType === SERVER_EVENT.left) this.#announcing.remoteMembers.leftAnnounced(announcement)
  }
}
