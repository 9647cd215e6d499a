import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { GroupCommit } from '../hub/group-commit.ts'
import { Refusal } from '../protocol/errors.ts'
import { encodeEvent, eventRecord } from '../protocol/event-body.ts'
import { roomChannel, SERVER_SENDER } from '../protocol/ids.ts'
import type { Announcements } from './announcements.ts'
import type { Directory } from './directory.ts'
import type { RemoteMembers } from './remote-members.ts'

export interface AnnounceOptions {
  readonly announcements: Announcements
  readonly remoteMembers: RemoteMembers
  readonly directory: Directory
  readonly commits: GroupCommit
  readonly random: Random
  readonly clock: Clock
  readonly log: Log
}

/** Adds to the log who has joined and left each room since the last call. */
export function announce(options: AnnounceOptions): void {
  const { announcements, remoteMembers, directory, commits, random, clock, log } = options
  remoteMembers.noteDeparted()
  for (const announcement of announcements.take()) {
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
}
