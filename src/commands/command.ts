import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { Span } from '../base/trace.ts'
import type { Fanout } from '../fanout/fanout.ts'
import type { Link } from '../link/link.ts'
import type { PrimaryMethods } from '../link/methods/primary.ts'
import type { WorkerMethods } from '../link/methods/worker.ts'
import type { Request } from '../protocol/envelope.ts'
import type { ErrorCode, Refusal } from '../protocol/errors.ts'
import type { EVENT, JsonObject } from '../protocol/events.ts'
import type { CommandName, DataOf } from '../protocol/shapes/commands.ts'
import type { EventName } from '../protocol/shapes/events.ts'
import type { GameRooms } from '../session/games/game-rooms.ts'
import type { Connection } from '../session/connection.ts'
import type { WithState } from '../session/state-reply.ts'
import type { VerifiedToken } from '../auth/token.ts'
import type { Over } from '../session/share.ts'
import type { SoldOut } from './sold-out.ts'
import type { StateReads } from './state-reads.ts'

export type PrimaryLink = Pick<Link<WorkerMethods, PrimaryMethods>, 'call'>

/** What commands work with in a worker. */
export interface CommandContext {
  readonly link: PrimaryLink
  readonly fanout: Fanout
  readonly games: GameRooms
  readonly clock: Clock
  readonly random: Random
  readonly limits: CommandLimits
  readonly soldOut: SoldOut
  readonly stateReads: StateReads
  /** Throws a Refusal. */
  readonly verifyToken: (token: string) => VerifiedToken
  /** Called when a user exceeds a limit on what users may send, and is refused. */
  readonly onOver: (kind: Over['kind'], connection: Connection) => void
}

export interface CommandLimits {
  readonly roomsPerConnectionMax: number
  readonly buyCountMax: number
  /** The number of workers of this node, over which the members of a room are spread. */
  readonly workers: number
  readonly guestsMessagePlayers: boolean
}

export type Done<Data> = (
  result: Data | (Data extends { readonly state: unknown } ? WithState<Data> : never) | Refusal,
) => void

/** An event type that clients may send. `run` gets what `parse` returns. Its result has the shape that belongs to `Name`. */
export interface Command<Args, Name extends CommandName = CommandName> {
  readonly eventType: (typeof EVENT)[Name]
  readonly about: About
  /** Parses the payload of a request. Throws BAD_REQUEST. */
  parse(payload: JsonObject, request: Request, limits: CommandLimits): Args
  /**
   * Checks whether the request may be made now. Throws a Refusal if not. After it, a read without an `id` is skipped, because its
   * client waits for no reply.
   */
  check?(args: Args, call: CommandCall): void
  /**
   * Must call `done` once, now or later, as its last act, because requests that waited for this one run inside of that call. May
   * throw a Refusal instead.
   */
  run(args: Args, call: CommandCall, done: Done<DataOf<Name>>): void
}

export interface CommandCall {
  readonly connection: Connection
  readonly request: Request
  readonly context: CommandContext
  /** Undefined if the request is not traced. */
  readonly span: Span | undefined
  /** When the request has to be answered. Monotonic. */
  readonly untilMs: number
  /** Whether it has its reply. Also true if the primary did not answer in time. */
  isAnswered: boolean
  /**
   * Makes the reply if the primary does not answer in time, for requests that cannot fail. By default such a request is refused.
   */
  whenLate: (() => void) | undefined
}

/** A command, described for those who send it. Its schemas are those of its event type. */
export interface About {
  readonly summary: string
  /** Errors in addition to those that any request can get. */
  readonly errors?: readonly ErrorCode[]
  /** The event that the members of the channel get. */
  readonly event?: EventName
}
