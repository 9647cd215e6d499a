import type { ErrorBody } from '../../protocol/errors.ts'
import type { NotRecovered } from '../../protocol/shapes/events.ts'
import type { Namespace, RoomId, UserId } from '../../protocol/ids.ts'
import type { Method } from './method.ts'

export interface OpenArgs {
  readonly connectionId: string
  readonly namespace: Namespace
  readonly userId: UserId
  readonly addressKey: string
  /** The user or address whose share of this node the connection uses up. */
  readonly shareKey: string
  /**
   * The rooms that a resume names, which the connection enters when it opens. Null if it names none: then these are the rooms
   * that its session had.
   */
  readonly rooms: readonly RoomId[] | null
  /** Whether it may enter rooms that its session is not known to have been in, as if it joined them. */
  readonly mayJoin: boolean
  readonly isResume: boolean
  /** Where a resume continues. Null if the client's cursor cannot be read. */
  readonly cursor: { readonly epoch: string; readonly offset: number } | null
  /** The id of the session, under which its rooms are remembered. */
  readonly session: string
  /** The number of the resume token that it came with. Null if it came without one, or with one that may be used again. */
  readonly use: number | null
}

export interface OpenResult {
  /** Events after this offset follow on the link. Older ones come by `replay`. */
  readonly offset: number
  readonly epoch: string
  readonly rooms: readonly RoomId[]
  /** Those of the rooms that have a game. Each has to be entered with `enterGame`. Absent if none has. */
  readonly games?: readonly RoomId[]
  /** Rooms with games that the resume names, and that are at other nodes. Absent if none is. */
  readonly elsewhere?: readonly { readonly room: RoomId; readonly refusal: ErrorBody }[]
  /** How many events of its channels lie between the cursor and `offset`. Ask for them with `replay`. */
  readonly replayed: number
  /** Why the session could not be resumed. Null if it was, or if nothing was to be resumed. */
  readonly reason: NotRecovered | null
}

/** Events that a client missed. */
export interface ReplayPart {
  /** A block: see `event-block.ts`. */
  readonly events: Uint8Array
  /** The offset of the last one. */
  readonly upTo: number
  readonly complete: boolean
}

/** What a worker asks for its connections. */
export type SessionMethods = {
  open: Method<OpenArgs, OpenResult>
  /** The next part of a replay, after an offset. Null if these events are no longer held. */
  replay: Method<{ readonly connectionId: string; readonly after: number }, ReplayPart | null>
  close: Method<{ readonly connectionId: string }, null>
  /** The rooms of a session, if it can be resumed from this cursor, otherwise null. */
  remembered: Method<
    { readonly session: string; readonly cursor: { readonly epoch: string; readonly offset: number } },
    readonly RoomId[] | null
  >
}
