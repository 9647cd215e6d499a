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

/** What commands work with: the worker's half of the server. */
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
  /** A user has said more than may be; it is refused. */
  readonly onOver: (kind: Over['kind'], connection: Connection) => void
}

export interface CommandLimits {
  readonly roomsPerConnectionMax: number
  readonly buyCountMax: number
  /** Workers of this node: the members of a room are spread over them. */
  readonly workers: number
  readonly guestsMessagePlayers: boolean
}

export type Done<Data> = (
  result: Data | (Data extends { readonly state: unknown } ? WithState<Data> : never) | Refusal,
) => void

/** One event type that clients may send. What `parse` gives goes to `run`; what that answers is as the shape of its name says. */
export interface Command<Args, Name extends CommandName = CommandName> {
  readonly eventType: (typeof EVENT)[Name]
  readonly about: About
  /** The payload of a request. Throws BAD_REQUEST. */
  parse(payload: JsonObject, request: Request, limits: CommandLimits): Args
  /** Whether the request may be made as things are. Throws a Refusal. Then a read whose answer nobody waits for is not done. */
  check?(args: Args, call: CommandCall): void
  /** Calls `done` once, now or later, as its last act: requests that waited for this one run inside of it. May throw a Refusal instead. */
  run(args: Args, call: CommandCall, done: Done<DataOf<Name>>): void
}

export interface CommandCall {
  readonly connection: Connection
  readonly request: Request
  readonly context: CommandContext
  /** Where the request is traced. */
  readonly span: Span | undefined
  /** When it has to be answered; monotonic. */
  readonly untilMs: number
}

/** What a command is to those who send it; its schemas are those of its event type. */
export interface About {
  readonly summary: string
  /** Beside those that any request may meet. */
  readonly errors?: readonly ErrorCode[]
  /** What the members of the channel get. */
  readonly event?: EventName
}
