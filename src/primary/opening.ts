import { ownCopy } from '../base/own-copy.ts'
import { SmallSet } from '../base/small-set.ts'
import { toError } from '../base/assert.ts'
import type { OpenArgs, OpenResult } from '../link/methods/session.ts'
import type { Connection } from '../connections/registry.ts'
import type { RoomId } from '../protocol/ids.ts'
import type { Resume } from '../rooms/membership.ts'
import type { PrimaryContext } from './context.ts'

type Needs = Pick<PrimaryContext, 'hub' | 'membership' | 'remembered' | 'publisher' | 'cluster' | 'clock' | 'log'>

/** What is asked, with the rooms to join; undefined: those that the session had, and nobody here knows them. */
type Opening = Omit<OpenArgs, 'rooms'> & { readonly rooms: readonly RoomId[] | undefined }

/** To be called before the connection is let in. */
export function withRooms({ remembered }: Needs, args: OpenArgs): Opening {
  return { ...args, rooms: args.rooms ?? remembered.of(args.session) }
}

/**
 * Lets a connection in, with what has to be waited for first; undefined: nothing has. The other nodes are to know of it, a
 * cursor from another node may be ahead of this one, and an old one behind what it holds.
 */
export function admit(context: Needs, worker: number, args: Opening): Promise<Resume | undefined> | undefined {
  const { membership, publisher, cluster, clock } = context
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
    session: ownCopy(args.session),
  }
  membership.admit(connection)
  const resume = toResume(args)
  const told = publisher.told()
  if (!told && (args.rooms === undefined || !mustRead(context, resume))) return undefined
  return Promise.all([told, readOlder(context, args, resume)]).then(([, read]) => read)
}

export function openNow({ membership, hub }: Needs, args: Opening, resume = toResume(args)): OpenResult {
  const { offset, rooms, replay } = membership.open(args.connectionId, args.rooms ?? [], resume)
  const reason = replay?.recovered === false ? replay.reason : args.rooms === undefined ? 'ROOMS_UNKNOWN' : null
  return {
    offset,
    epoch: hub.epoch,
    rooms,
    replayed: replay?.recovered === true && reason === null ? replay.count : 0,
    reason,
  }
}

function toResume({ isResume, cursor }: Opening): Resume | undefined {
  return isResume ? { cursor: cursor ?? undefined } : undefined
}

function mustRead({ hub }: Needs, resume: Resume | undefined): boolean {
  const cursor = resume?.cursor
  return cursor?.epoch === hub.epoch && !hub.holds(cursor)
}

async function readOlder(context: Needs, args: Opening, resume: Resume | undefined) {
  const { hub, cluster, membership, log } = context
  const { rooms } = args
  const cursor = resume?.cursor
  if (!cursor || !rooms || !mustRead(context, resume)) return resume
  try {
    if (cursor.offset > hub.head) await cluster.catchUp()
    if (cursor.offset >= hub.floor) return resume
    const recalled = await hub.recall.read(cursor.offset, membership.channelsOf(args.connectionId, rooms))
    return { cursor, recalled }
  } catch (cause) {
    log.debug({ err: toError(cause) }, 'the history that a client wants could not be read')
    return resume // what is not held here is answered with HISTORY_GONE
  }
}
