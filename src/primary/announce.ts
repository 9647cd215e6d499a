import { encodeEvent, eventRecord } from '../protocol/event-body.ts'
import { Refusal } from '../protocol/errors.ts'
import { SERVER_EVENT } from '../protocol/events.ts'
import { roomChannel, SERVER_SENDER } from '../protocol/ids.ts'
import type { PrimaryContext } from './context.ts'

/** The other nodes hear from this one that its connections are gone, before it is. */
export async function sayGoodbye(context: PrimaryContext): Promise<void> {
  const { cluster, commits, publisher } = context
  if (cluster.nodes.length > 1) announce(context)
  await commits.idle()
  await publisher.close()
}

/** Puts into the log who came to and went from each room since the last time. */
export function announce({ announcements, remoteMembers, rooms, commits, random, clock, log }: PrimaryContext): void {
  remoteMembers.noteDeparted()
  for (const { eventType, namespace, room, users } of announcements.take()) {
    const event = encodeEvent({
      id: random.uuid(),
      eventType,
      namespace,
      room,
      userId: SERVER_SENDER,
      timestamp: clock.wallMs(),
      traceparent: undefined,
      payload: { room_id: room, users, members: rooms.membersOf(room).size },
    })
    commits.append({ record: eventRecord(roomChannel(namespace, room), event) }, (result) => {
      if (!(result instanceof Refusal)) return
      log.warn({ room, code: result.code }, 'presence was not announced; it is tried again')
      const came = eventType === SERVER_EVENT.joined
      const isUnknown = result.code === 'OUTCOME_UNKNOWN'
      for (const user of users) {
        if (isUnknown) announcements.noteUnsure(room, namespace, user, came)
        else announcements.note(room, namespace, user, came)
      }
    })
  }
}
