import type { Receipt } from '../protocol/shapes/shop.ts'
import type { Immutable } from './immutable.ts'
import type { StandardSchema, Validator } from './standard-schema.ts'
import type { GameType, Json, ValueOf } from './types.ts'

export type { Json } from './types.ts'
export type JsonArgs = { readonly [key: string]: Json }

/** The type of the values that a validator accepts. */
export type ValidOf<V> = V extends StandardSchema<infer Output> ? Output : ValueOf<V>

/** One player in a room, or one bot. A change makes a new object. */
export interface Seat {
  /** The user's id; for a bot `bot-` and a number. */
  readonly id: string
  /** Whether the user has a connection in the room. Always true for a bot. */
  readonly isConnected: boolean
  readonly isGuest: boolean
  /** The bot's kind, as in `bots`. Undefined for a player. */
  readonly bot: string | undefined
  /** Whether it is a bot that `seats.fill` has brought. Such a bot gives way when a player joins. */
  readonly fills: boolean
  /** The team that the game has set by `room.setTeam`. */
  readonly team: string | undefined
  /**
   * What the player owned when the seat was taken; and what was bought since, if the game has `bought`. Counts by the id of a
   * good. Guests and bots own nothing.
   */
  readonly inventory: Readonly<Record<string, number>>
}

/** What a callback may read of its room. */
export interface RoomFacts {
  readonly id: string
  /** The number of this tick. It is 0 while `create` runs. */
  readonly tick: number
  /** Seconds between two ticks. It is 0 if `hz` is 0. */
  readonly dt: number
  /**
   * The room's clock, Unix time in milliseconds: the room's start and the ticks since then. If `hz` is 0, the time at which the
   * entry came in.
   */
  readonly nowMs: number
  /** In the order in which they were taken. */
  readonly seats: readonly Seat[]
  readonly isLocked: boolean
  /** In [0, 1). It is seeded, and a replay gives the same numbers. */
  random(): number
}

/**
 * What a callback may do apart from changing the state. All of it is done after the callback has returned. If the callback
 * refused or threw, none of it is done.
 */
export interface Room<
  Emit = Emitters,
  TimerName extends string = string,
  TaskName extends string = string,
  BotName extends string = string,
> extends RoomFacts {
  /** Tells an event, with the tick's patch, to everybody who is connected to the room. Nobody gets it later. */
  readonly emit: Emit
  /** Runs the timer after so many ticks, at least 1. Returns a number for `cancel`. If `hz` is 0, use `afterMs` instead. */
  after(ticks: number, timer: TimerName, args?: JsonArgs): number
  /**
   * Runs the timer after so many milliseconds of the room's clock, at least 1. With a tick rate, it runs in the first tick after
   * that time.
   */
  afterMs(ms: number, timer: TimerName, args?: JsonArgs): number
  /** Cancels a timer. Does nothing if it has run already. */
  cancel(timer: number): void
  /** Logs an event, so that nobody misses it. It goes to one user of the room, or to all who are in it. */
  say(to: string, data: Json): void
  /** Sets the `value` of the reply to the player who sent this input. Only in `on`. */
  reply(value: Json): void
  /** Ends a seat: `leave` is called in this tick, and the player is told. */
  kick(seat: string, reason?: string): void
  /** Nobody can take a seat any more. Players who have one can still come back. */
  lock(): void
  unlock(): void
  setTeam(seat: string, team: string | undefined): void
  /** Gives a seat to a bot of this kind: `join` is called in this tick. Returns the seat's id. */
  addBot(kind: BotName): string
  removeBot(seat: string): void
  /** Starts a task. Returns a number; `results` gets the task's result together with it. */
  run(task: TaskName, args?: JsonArgs): number
  /** Ends the room after this tick, as `over` does. */
  end(result?: Json): void
  /** Writes to the server's log. */
  log(message: string, data?: Json): void
}

export type Emitters = Readonly<Record<string, (data: never) => void>>
export type EmittersOf<Events> = { readonly [Name in keyof Events]: (data: ValueOf<Events[Name]>) => void }

/** A kind of input. */
export interface InputDefinition<V extends Validator = Validator> {
  readonly type: V
  /** `latest`: if several inputs of a seat wait for the same tick, only the newest counts. By default all count. */
  readonly keep?: 'all' | 'latest'
  /** How many inputs of this name a seat may send per second. By default 20. */
  readonly perSecond?: number
}

export type InputDefinitions = Readonly<Record<string, InputDefinition>>

export interface SeatOptions<BotName extends string = string> {
  /** How many players a match needs. Drumbeat does not enforce it; the game decides what it means. By default 1. */
  readonly min?: number
  readonly max: number
  /** For how many milliseconds a player who has lost the connection keeps the seat. By default 30,000. */
  readonly holdMs?: number
  /**
   * Whether players can take seats after all seats were once taken. By default true. A game that begins earlier locks the room.
   */
  readonly lateJoin?: boolean
  /** Whether others may watch. By default true. */
  readonly spectators?: boolean
  /** Whether guests may play. By default false. */
  readonly guests?: boolean
  /** Bots that take the free seats after players have waited for others this long. */
  readonly fill?: FillOptions<BotName>
  /** The kind of bot that plays for a player who has lost the connection, until the player is back. By default none does. */
  readonly standIn?: BotName
}

/** A bot that fills a seat gives way when a player joins, if players may still join: see `lateJoin`. */
export interface FillOptions<BotName extends string = string> {
  /** How many milliseconds of its clock a room with a player and free seats waits for more players. */
  readonly afterMs: number
  readonly bot: BotName
  /** How many seats are taken after that, counting those of players. By default all. */
  readonly to?: number
}

/** A state that `create` may return. Its lists may be readonly, because the room takes a copy. */
export type Initial<State> = State extends readonly (infer Element)[]
  ? readonly Initial<Element>[]
  : State extends object
    ? { readonly [Name in keyof State]: Initial<State[Name]> }
    : State

/** Widens the type of the first state's values to that of any state: `0` to `number`, for example. */
export type Loose<Value> = Value extends string
  ? string
  : Value extends number
    ? number
    : Value extends boolean
      ? boolean
      : Value extends readonly (infer Element)[]
        ? Loose<Element>[]
        : { -readonly [Name in keyof Value]: Loose<Value[Name]> }

/** What a match pays to a player. All rewards of a match are paid in the transaction that ends it. */
export interface Reward {
  /** A user who has or had a seat. Guests and bots have no money, so their rewards are left out. */
  readonly user: string
  readonly currency: string
  /** In the currency's smallest unit, at least 1. */
  readonly amount: number
}

/** Ends the room, unless it is false or undefined. It may have up to 100 rewards. */
export type Over = false | undefined | { readonly result?: Json; readonly rewards?: readonly Reward[] }

/** A callback changes the state in place, or returns a state that replaces it. */
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
  /** The type of what `create` returns. */
  Created,
> {
  /** 1 to 32 characters of `a-z`, `0-9` and `-`, beginning with a letter. */
  readonly name: string
  /** Begins with 1. Raise it with each change that old recordings and states do not fit any more. */
  readonly version: number
  /** Ticks per second, up to 120. With 0 the room runs only when something comes in. */
  readonly hz: number
  readonly seats: SeatOptions<NoInfer<BotName>>
  /** How long a room may last, in milliseconds. By default ROOM_GAME_MAX. */
  readonly maxMs?: number
  /** Whether its rooms are recorded from the first tick on, if whoever makes a room does not say. By default false. */
  readonly record?: boolean
  readonly options?: OptionsType
  readonly inputs?: Inputs
  readonly events?: Events
  /** The codes that the game may refuse with, and what each means. If it is given, any other code is a fault of the game. */
  readonly refusals?: Refusals
  /** Returns the first state. What it asks of the room is done with the first tick. */
  create(options: ValidOf<OptionsType>, room: Room<EmittersOf<Events>, TimerName, TaskName, NoInfer<BotName>>): Created
  join?(state: State, seat: Seat, room: Room<EmittersOf<Events>, TimerName, TaskName, NoInfer<BotName>>): Change<State>
  /** The player has lost the last connection. The seat is held. */
  drop?(state: State, seat: Seat, room: Room<EmittersOf<Events>, TimerName, TaskName, NoInfer<BotName>>): Change<State>
  back?(state: State, seat: Seat, room: Room<EmittersOf<Events>, TimerName, TaskName, NoInfer<BotName>>): Change<State>
  leave?(state: State, seat: Seat, room: Room<EmittersOf<Events>, TimerName, TaskName, NoInfer<BotName>>): Change<State>
  /**
   * The player of a seat has bought something after the seat was taken, and `seat.inventory` includes it. Called once for each
   * receipt, in order.
   */
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
  /** Work that takes time and runs outside of the room. It may use everything. `signal` is aborted when the room ends. */
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
  /** The fields that a search of rooms may ask for. */
  listing?(state: State): Listing
  /** Decides who sees what. For each key it gives a value of the state's own type, or of `type`. */
  readonly view?: ViewDefinition<State>
  /**
   * What each kind of bot does in a tick: it returns inputs like those of a player. It sees what its seat sees, and cannot change
   * it.
   */
  readonly bots?: {
    readonly [Name in BotName]: (view: Immutable<State>, seat: Seat, room: RoomFacts) => readonly InputOf<Inputs>[]
  }
  /** For each old version, turns its state into one of the next version. */
  readonly migrate?: Readonly<Record<number, Migration>>
}

/** The name of an input, and its value. */
export type InputOf<Inputs extends InputDefinitions> = {
  readonly [Name in keyof Inputs & string]: readonly [Name, ValidOf<Inputs[Name]['type']>]
}[keyof Inputs & string]

/**
 * A game knows what it gave to `after`, and declares it as the type of `args`. TypeScript accepts this because it is a method.
 */
type TimerCallback<State, InRoom> = { run(state: State, args: JsonArgs, room: InRoom): Change<State> }['run']
type Task = { run(args: JsonArgs, context: { readonly signal: AbortSignal }): Promise<Json> | Json }['run']

type Migration = { run(old: Json): unknown }['run']

export interface ViewDefinition<State> {
  readonly type?: GameType<unknown>
  /** Connections with the same key see the same. `seat` is undefined for a spectator. Up to 64 characters. */
  key(seat: Seat | undefined): string
  of(state: State, key: string): unknown
}

export type TaskResult =
  | { readonly run: number; readonly ok: true; readonly value: Json }
  | { readonly run: number; readonly ok: false; readonly error: string }
