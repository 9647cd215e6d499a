import type { Receipt } from '../protocol/shapes/shop.ts'
import type { Immutable } from './immutable.ts'
import type { StandardSchema, Validator } from './standard-schema.ts'
import type { GameType, Json, ValueOf } from './types.ts'

export type { Json } from './types.ts'
export type JsonArgs = { readonly [key: string]: Json }

/** The value that a validator lets through. */
export type ValidOf<V> = V extends StandardSchema<infer Output> ? Output : ValueOf<V>

/** One player in a room, or one bot. A new object whenever something of it changes. */
export interface Seat {
  /** The user's id; for a bot `bot-` and a number. */
  readonly id: string
  /** Whether any connection of the user is there; a bot's is always. */
  readonly isConnected: boolean
  readonly isGuest: boolean
  /** The bot's kind, as in `bots`; undefined: a player. */
  readonly bot: string | undefined
  /** Whether it is a bot that `seats.fill` has brought: it gives way to a player who comes. */
  readonly fills: boolean
  /** What the game has set by `room.setTeam`. */
  readonly team: string | undefined
  /**
   * What the player owned when the seat was taken, and has bought since if the game has `bought`: counts by the id of a good. A guest and a bot own
   * nothing.
   */
  readonly inventory: Readonly<Record<string, number>>
}

/** What a callback may read of its room. */
export interface RoomFacts {
  readonly id: string
  /** The number of this tick; 0 while `create` runs. */
  readonly tick: number
  /** Seconds between two ticks; 0 where `hz` is 0. */
  readonly dt: number
  /** The room's clock, Unix time in milliseconds: its start and the ticks since then; with `hz: 0` when what came in came in. */
  readonly nowMs: number
  /** In the order in which they were taken. */
  readonly seats: readonly Seat[]
  readonly isLocked: boolean
  /** In [0, 1). Seeded, and the same in a replay. */
  random(): number
}

/** What a callback may do beside changing the state. All of it is done when the callback has returned, and none of it if that refused or threw. */
export interface Room<
  Emit = Emitters,
  TimerName extends string = string,
  TaskName extends string = string,
  BotName extends string = string,
> extends RoomFacts {
  /** Something happened that whoever is there hears of with the tick's patch; nobody hears of it later. */
  readonly emit: Emit
  /** Runs the timer in so many ticks, at least 1. Returns a number for `cancel`. Not where `hz` is 0: use `afterMs`. */
  after(ticks: number, timer: TimerName, args?: JsonArgs): number
  /** Runs the timer so many milliseconds from now, at least 1, by the room's clock; with a tick rate in the first tick after it. */
  afterMs(ms: number, timer: TimerName, args?: JsonArgs): number
  /** Does nothing if the timer has run. */
  cancel(timer: number): void
  /** An event of the log, which nobody misses: to one user of the room, or to all who are in it. */
  say(to: string, data: Json): void
  /** What the player who sent this input is answered as `value`. Only in `on`. */
  reply(value: Json): void
  /** Ends a seat: `leave` is called in this tick. The player is told. */
  kick(seat: string, reason?: string): void
  /** Nobody takes a seat any more; those who have one come back all the same. */
  lock(): void
  unlock(): void
  setTeam(seat: string, team: string | undefined): void
  /** Gives a seat to a bot of this kind: `join` is called in this tick. Returns its id. */
  addBot(kind: BotName): string
  removeBot(seat: string): void
  /** Starts a task; its result comes in `results`. Returns a number, which comes with it. */
  run(task: TaskName, args?: JsonArgs): number
  /** Ends the room behind this tick, as `over` does. */
  end(result?: Json): void
  /** Goes to the server's log. */
  log(message: string, data?: Json): void
}

export type Emitters = Readonly<Record<string, (data: never) => void>>
export type EmittersOf<Events> = { readonly [Name in keyof Events]: (data: ValueOf<Events[Name]>) => void }

/** A kind of input. */
export interface InputDefinition<V extends Validator = Validator> {
  readonly type: V
  /** `latest`: of those of one seat that wait for the same tick only the newest counts. By default each does. */
  readonly keep?: 'all' | 'latest'
  /** So many of one seat, at most; by default 20. */
  readonly perSecond?: number
}

export type InputDefinitions = Readonly<Record<string, InputDefinition>>

export interface SeatOptions<BotName extends string = string> {
  /** How many players it takes to play: what the game makes of it is its own. By default 1. */
  readonly min?: number
  readonly max: number
  /** How long a seat is kept for a player who has lost the connection, in milliseconds. By default 30,000. */
  readonly holdMs?: number
  /** Whether a seat can be taken after all were taken at once. By default true; a game that begins earlier locks the room. */
  readonly lateJoin?: boolean
  /** Whether others may watch. By default true. */
  readonly spectators?: boolean
  /** Whether guests may play. By default false. */
  readonly guests?: boolean
  /** Bots that take the free seats if players have waited for others for so long. */
  readonly fill?: FillOptions<BotName>
  /** The bot that plays a player's seat while the connection is lost, until the player is back. By default nobody does. */
  readonly standIn?: BotName
}

/** A bot that fills a seat gives way to a player who comes, as long as players may come at all: see `lateJoin`. */
export interface FillOptions<BotName extends string = string> {
  /** How long a room waits for players that has one, and free seats: milliseconds by the room's clock. */
  readonly afterMs: number
  readonly bot: BotName
  /** How many seats are taken then, those of players among them. By default all. */
  readonly to?: number
}

/** A state as `create` may give it: lists may be readonly, as the room takes a copy. */
export type Initial<State> = State extends readonly (infer Element)[]
  ? readonly Initial<Element>[]
  : State extends object
    ? { readonly [Name in keyof State]: Initial<State[Name]> }
    : State

/** The type of a state, from the very values that it starts with. */
export type Loose<Value> = Value extends string
  ? string
  : Value extends number
    ? number
    : Value extends boolean
      ? boolean
      : Value extends readonly (infer Element)[]
        ? Loose<Element>[]
        : { -readonly [Name in keyof Value]: Loose<Value[Name]> }

/** What a match was for the ledger: money for a player. All rewards of a match are paid in the transaction that ends it. */
export interface Reward {
  /** Who has, or has had, a seat. Guests and bots have no money, so they are passed over. */
  readonly user: string
  readonly currency: string
  /** In the currency's smallest unit, from 1. */
  readonly amount: number
}

/** Ends the room if it is not false or undefined. Up to 100 rewards. */
export type Over = false | undefined | { readonly result?: Json; readonly rewards?: readonly Reward[] }

/** Changes the state in place, or gives the one that takes its place. */
type Change<State> = State | void

export interface GameDefinition<
  State,
  OptionsType extends Validator,
  Inputs extends InputDefinitions,
  Events extends Readonly<Record<string, GameType<unknown>>>,
  TimerName extends string,
  TaskName extends string,
  BotName extends string,
  Refusals extends Readonly<Record<string, string>>,
  Listing,
  /** What `create` gives. */
  Created,
> {
  /** 1 to 32 of `a-z`, `0-9`, `-`, a letter first. */
  readonly name: string
  /** Counts up from 1 with each change after which older recordings and states do not fit any more. */
  readonly version: number
  /** Ticks a second, up to 120. 0: the room runs only when something comes in. */
  readonly hz: number
  readonly seats: SeatOptions<NoInfer<BotName>>
  /** How long a room may last, in milliseconds. By default as ROOM_GAME_MAX says. */
  readonly maxMs?: number
  readonly options?: OptionsType
  readonly inputs?: Inputs
  readonly events?: Events
  /** What the game may refuse with, and what it means. Where it is there, another code is a fault of the game. */
  readonly refusals?: Refusals
  /** Gives the first state. What it asks of the room is done with the first tick. */
  create(options: ValidOf<OptionsType>, room: Room<EmittersOf<Events>, TimerName, TaskName, NoInfer<BotName>>): Created
  join?(state: State, seat: Seat, room: Room<EmittersOf<Events>, TimerName, TaskName, NoInfer<BotName>>): Change<State>
  /** The last connection of the player is gone; the seat is held. */
  drop?(state: State, seat: Seat, room: Room<EmittersOf<Events>, TimerName, TaskName, NoInfer<BotName>>): Change<State>
  back?(state: State, seat: Seat, room: Room<EmittersOf<Events>, TimerName, TaskName, NoInfer<BotName>>): Change<State>
  leave?(state: State, seat: Seat, room: Room<EmittersOf<Events>, TimerName, TaskName, NoInfer<BotName>>): Change<State>
  /** The player of a seat has bought something since the seat was taken; `seat.inventory` has it. Once for each receipt, in their order. */
  bought?(
    state: State,
    seat: Seat,
    receipt: Receipt,
    room: Room<EmittersOf<Events>, TimerName, TaskName, NoInfer<BotName>>,
  ): Change<State>
  readonly on?: {
    readonly [Name in keyof Inputs]: (
      state: State,
      seat: Seat,
      input: ValidOf<Inputs[Name]['type']>,
      room: Room<EmittersOf<Events>, TimerName, TaskName, NoInfer<BotName>>,
    ) => Change<State>
  }
  readonly timers?: {
    readonly [Name in TimerName]: TimerCallback<State, Room<EmittersOf<Events>, TimerName, TaskName, NoInfer<BotName>>>
  }
  /** What takes time, outside of the room; may use everything. `signal` is aborted when the room has ended. */
  readonly tasks?: { readonly [Name in TaskName]: Task }
  readonly results?: {
    readonly [Name in TaskName]?: (
      state: State,
      result: TaskResult,
      room: Room<EmittersOf<Events>, TimerName, TaskName, NoInfer<BotName>>,
    ) => Change<State>
  }
  tick?(state: State, room: Room<EmittersOf<Events>, TimerName, TaskName, NoInfer<BotName>>): Change<State>
  over?(state: State): Over
  /** What a search of rooms may ask for. */
  listing?(state: State): Listing
  /** Who sees what: the state's own shape, or `type`'s, for each key. */
  readonly view?: ViewDefinition<State>
  /** What each kind of bot does in a tick: inputs, as a player would send them. It sees what its seat sees, and cannot change that. */
  readonly bots?: {
    readonly [Name in BotName]: (view: Immutable<State>, seat: Seat, room: RoomFacts) => readonly InputOf<Inputs>[]
  }
  /** By the version that a state is of: what it is in the next one. */
  readonly migrate?: Readonly<Record<number, Migration>>
}

/** The name of an input, and its value. */
export type InputOf<Inputs extends InputDefinitions> = {
  readonly [Name in keyof Inputs & string]: readonly [Name, ValidOf<Inputs[Name]['type']>]
}[keyof Inputs & string]

/** A game knows what it gave to `after`, and says so by the type of `args`: as a method's, TypeScript takes any. */
type TimerCallback<State, InRoom> = { run(state: State, args: JsonArgs, room: InRoom): Change<State> }['run']
type Task = { run(args: JsonArgs, context: { readonly signal: AbortSignal }): Promise<Json> | Json }['run']

type Migration = { run(old: Json): unknown }['run']

export interface ViewDefinition<State> {
  readonly type?: GameType<unknown>
  /** Those with the same key see the same. `seat` is undefined for who watches. Up to 64 characters. */
  key(seat: Seat | undefined): string
  of(state: State, key: string): unknown
}

export type TaskResult =
  | { readonly run: number; readonly ok: true; readonly value: Json }
  | { readonly run: number; readonly ok: false; readonly error: string }
