import { ownCopy } from '../base/own-copy.ts'
import { SmallSet } from '../base/small-set.ts'
import { toError } from '../base/assert.ts'
import type { OpenArgs, OpenResult } from '../link/methods.ts'
import type { Connection } from '../presence/presence.ts'
import type { RoomId } from '../protocol/ids.ts'
import type { Resume } from '../rooms/membership.ts'
import type { PrimaryContext } from './context.ts'

/**
 * Lets a connection in, with what has to be waited for first; undefined: nothing has. The other nodes are to know of it, a
 * cursor from another node may be ahead of this one, and an old one behind what it holds.
 */
export function admit(
  context: PrimaryContext,
  worker: number,
  args: OpenArgs,
): Promise<Resume | undefined> | undefined {
  const { membership, remembered, publisher, cluster, clock } = context
  const rooms = new SmallSet<RoomId>()
  const connection: Connection = {
    id: ownCopy(args.connectionId),
    node: cluster.node,
    worker,
    namespace: args.namespace,
    userId: ownCopy(args.userId),
    addressKey: ownCopy(args.addressKey),
    openedAtMs: clock.wallMs(),
    rooms,
  }
  membership.admit(connection)
  if (args.remembered !== null) remembered.opened(args.remembered, connection)
  const resume = toResume(args)
  const told = publisher.told()
  if (!told && !mustRead(context, resume)) return undefined
  return Promise.all([told, readOlder(context, args, resume)]).then(([, read]) => read)
}

export function openNow({ membership, hub }: PrimaryContext, args: OpenArgs, resume = toResume(args)): OpenResult {
  const { offset, rooms, replay } = membership.open(args.connectionId, args.rooms, resume)
  return {
    offset,
    epoch: hub.epoch,
    rooms,
    replayed: replay?.recovered ? replay.count : 0,
    reason: replay && !replay.recovered ? replay.reason : null,
  }
}

function toResume({ isResume, cursor }: OpenArgs): Resume | undefined {
  return isResume ? { cursor: cursor ?? undefined } : undefined
}

function mustRead({ hub }: PrimaryContext, resume: Resume | undefined): boolean {
  const cursor = resume?.cursor
  return cursor?.epoch === hub.epoch && !hub.holds(cursor)
}

async function readOlder(context: PrimaryContext, args: OpenArgs, resume: Resume | undefined) {
  const { hub, cluster, membership, log } = context
  const cursor = resume?.cursor
  if (!cursor || !mustRead(context, resume)) return resume
  try {
    if (cursor.offset > hub.head) await cluster.catchUp()
    if (cursor.offset >= hub.floor) return resume
    const recalled = await hub.recall.read(cursor.offset, membership.channelsOf(args.connectionId, args.rooms))
    return { cursor, recalled }
  } catch (cause) {
    log.debug({ err: toError(cause) }, 'the history that a client wants could not be read')
    return resume // what is not held here is answered with HISTORY_GONE
  }
}
