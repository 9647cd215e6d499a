import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Publisher } from '../connections/publisher.ts'
import type { GroupCommit } from '../hub/group-commit.ts'
import { Refusal } from '../protocol/errors.ts'
import { encodeEvent, eventRecord } from '../protocol/event-body.ts'
import { roomChannel, SERVER_SENDER, type RoomId } from '../protocol/ids.ts'
import type { Cluster } from '../store/cluster.ts'
import type { LogRecord } from '../store/store.ts'
import type { AnnouncedCounts } from './announced-counts.ts'
import type { Announcement, Announcements } from './announcements.ts'
import type { Directory } from './directory.ts'
import type { RemoteMembers } from './remote-members.ts'

export interface AnnounceOptions {
  readonly cluster: Pick<Cluster, 'isCaretaker'>
  readonly publisher: Pick<Publisher, 'told'>
  readonly announcements: Announcements
  readonly announcedCounts: AnnouncedCounts
  readonly remoteMembers: RemoteMembers
  readonly directory: Directory
  readonly commits: Pick<GroupCommit, 'append'>
  readonly random: Random
  readonly clock: Clock
  readonly log: Log
}

/**
 * Adds to the log who has joined and left each room since the last call. Other nodes are told of these changes first, so whoever reads an
 * announcement on any node finds it in what that node counts. Resolves when the announcements are on their way.
 */
export async function announce(options: AnnounceOptions): Promise<void> {
  const { cluster, publisher, announcements, announcedCounts, remoteMembers } = options
  remoteMembers.noteDeparted()
  const wrong = announcedCounts.look()
  if (cluster.isCaretaker) wrong.forEach((announcement) => announcements.noteAgain(announcement))
  const taken = announcements.take()
  if (taken.length === 0) return
  const told = publisher.told()
  if (told !== undefined) await told
  for (const announcement of taken) append(options, announcement)
}

function append(options: AnnounceOptions, announcement: Announcement): void {
  const { announcements, directory, commits, random, clock, log } = options
  const { eventType, namespace, room, users } = announcement
  const event = encodeEvent({
    id: random.uuid(),
    eventType,
    namespace,
    room,
    userId: SERVER_SENDER,
    timestamp: clock.wallMs(),
    traceparent: undefined,
    payload: { room_id: room, users, members: directory.membersOf(room).size },
  })
  commits.append({ record: eventRecord(roomChannel(namespace, room), event) }, (result) => {
    if (!(result instanceof Refusal)) return
    log.warn({ room, code: result.code }, 'presence was not announced; trying again')
    announcements.noteAgain(announcement)
  })
}

/** An announcement as it stands in the log, and the members that it counts. */
export function readAnnouncement({ body }: LogRecord): {
  readonly announcement: Announcement
  readonly members: number
} {
  const { eventType, namespace, payload } = JSON.parse(Buffer.from(body).toString()) as Pick<
    Announcement,
    'eventType' | 'namespace'
  > & {
    readonly payload: { readonly room_id: RoomId; readonly users: Announcement['users']; readonly members: number }
  }
  const { room_id: room, users, members } = payload
  return { announcement: { eventType, namespace, room, users }, members }
}
