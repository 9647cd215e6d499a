import type { NotRecovered } from '../../protocol/shapes/events.ts'
import type { Namespace, RoomId, UserId } from '../../protocol/ids.ts'
import type { Method } from './method.ts'

export interface OpenArgs {
  readonly connectionId: string
  readonly namespace: Namespace
  readonly userId: UserId
  readonly addressKey: string
  /** Whose share of this node it takes from: its user's, or its address's. */
  readonly shareKey: string
  /** The rooms that a resume names, to be in from the start. null if it names none: then they are the rooms that the session had. */
  readonly rooms: readonly RoomId[] | null
  /** Whether it may name rooms that its session is not known to have been in, as if it joined them. */
  readonly mayJoin: boolean
  readonly isResume: boolean
  /** Where a resume goes on; null: that cannot be read. */
  readonly cursor: { readonly epoch: string; readonly offset: number } | null
  /** The session, under which its rooms are remembered. */
  readonly session: string
  /** Which of the session's resume tokens it came with; null: with none, or with one that may be used again. */
  readonly use: number | null
}

export interface OpenResult {
  /** The events of the channels are known up to here; later ones follow on the link. */
  readonly offset: number
  readonly epoch: string
  readonly rooms: readonly RoomId[]
  /** Of these rooms those that have a game: each is to be entered with `enterGame`. Absent: none has. */
  readonly games?: readonly RoomId[]
  /** Events of its channels between the cursor and `offset`, to be asked for with `replay`. */
  readonly replayed: number
  /** null: recovered, or nothing was to be resumed. */
  readonly reason: NotRecovered | null
}

/** Events that somebody missed. */
export interface ReplayPart {
  /** A block: see `event-block.ts`. */
  readonly events: Uint8Array
  /** The last one's offset. */
  readonly upTo: number
  readonly complete: boolean
}

/** What a worker asks for its connections. */
export type SessionMethods = {
  open: Method<OpenArgs, OpenResult>
  /** A part of what there is after an offset; null: it is not held any more. */
  replay: Method<{ readonly connectionId: string; readonly after: number }, ReplayPart | null>
  close: Method<{ readonly connectionId: string }, null>
  /** The rooms of a session that can be resumed from there; null: it cannot. */
  remembered: Method<
    { readonly session: string; readonly cursor: { readonly epoch: string; readonly offset: number } },
    readonly RoomId[] | null
  >
}
