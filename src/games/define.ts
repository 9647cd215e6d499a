import type { Receipt } from '../protocol/shapes/shop.ts'
import type {
  GameDefinition as Definition,
  Initial,
  InputDefinitions,
  Json,
  JsonArgs,
  Loose,
  Over,
  Room,
  RoomFacts,
  Seat,
  SeatOptions,
  TaskResult,
  ValidOf,
} from './definition.ts'
import { mistakesIn } from './check-definition.ts'
import type { Validator } from './standard-schema.ts'
import { t, type GameType } from './types.ts'

/** What a game's callers need to know of its types, for example by `typeof arena`. */
export interface GameTypes {
  readonly state: unknown
  readonly options: unknown
  readonly inputs: Readonly<Record<string, unknown>>
  readonly events: Readonly<Record<string, unknown>>
  /** The codes that the game may refuse with. */
  readonly refusal: string
  readonly listing: unknown
}

declare const TYPES: unique symbol

export interface InputRule {
  readonly type: Validator
  readonly keep: 'all' | 'latest'
  readonly perSecond: number
}

export interface SeatRules {
  readonly min: number
  readonly max: number
  readonly holdMs: number
  readonly lateJoin: boolean
  readonly spectators: boolean
  readonly guests: boolean
  readonly fill: { readonly afterMs: number; readonly bot: string; readonly to: number } | undefined
  readonly standIn: string | undefined
}

/** A game that can run: the checked definition with all defaults. */
export interface Game<Types extends GameTypes = GameTypes> {
  readonly name: string
  readonly version: number
  readonly hz: number
  readonly seats: SeatRules
  readonly maxMs: number | undefined
  readonly record: boolean
  readonly options: Validator | undefined
  readonly state: GameType<unknown>
  /** The type of what views show. By default it is the state's type. */
  readonly viewType: GameType<unknown>
  readonly inputs: ReadonlyMap<string, InputRule>
  readonly events: ReadonlyMap<string, GameType<Json>>
  readonly refusals: ReadonlyMap<string, string> | undefined
  readonly rules: Rules
  /** Exists only for the types. */
  readonly [TYPES]?: Types
}

/** The types of a game, as in `TypesOf<typeof arena>`. */
export type TypesOf<G> = G extends { readonly [TYPES]?: infer Types extends GameTypes } ? Types : never

/** The callbacks as the code that runs them sees them. The definition says what each takes. */
export interface Rules {
  readonly create: (options: unknown, room: Room) => unknown
  readonly join?: SeatCallback
  readonly drop?: SeatCallback
  readonly back?: SeatCallback
  readonly leave?: SeatCallback
  readonly bought?: (state: unknown, seat: Seat, receipt: Receipt, room: Room) => unknown
  readonly on: Table<(state: unknown, seat: Seat, input: unknown, room: Room) => unknown>
  readonly timers: Table<(state: unknown, args: JsonArgs, room: Room) => unknown>
  readonly tasks: Table<(args: JsonArgs, context: { readonly signal: AbortSignal }) => Promise<Json> | Json>
  readonly results: Table<(state: unknown, result: TaskResult, room: Room) => unknown>
  readonly tick?: (state: unknown, room: Room) => unknown
  readonly over?: (state: unknown) => Over
  readonly listing?: (state: unknown) => unknown
  readonly view: ViewRule | undefined
  readonly bots: Table<(view: unknown, seat: Seat, room: RoomFacts) => readonly (readonly [string, unknown])[]>
  readonly migrate: Readonly<Record<number, (old: Json) => unknown>>
}

type Table<Callback> = Readonly<Record<string, Callback>>
type SeatCallback = (state: unknown, seat: Seat, room: Room) => unknown

interface ViewRule {
  readonly key: (seat: Seat | undefined) => string
  readonly of: (state: unknown, key: string) => unknown
}

/** For a game that declares none. */
type Nothing = Readonly<Record<string, never>>

const HOLD_MS = 30_000
const INPUTS_PER_SECOND = 20

/**
 * Checks a game. Give the result to Drumbeat as the default export of the game's file. Throws GameDefinitionError, which lists
 * every mistake.
 * @example
 * export default defineGame({
 *   name: 'counter', version: 1, hz: 0, seats: { max: 4 },
 *   state: t.object({ count: t.uint32() }),
 *   inputs: { add: { type: t.object({ by: t.uint8() }) } },
 *   create: () => ({ count: 0 }),
 *   on: { add(state, seat, { by }) { state.count += by } },
 * })
 */
export function defineGame<
  State,
  const Inputs extends InputDefinitions = Nothing,
  const Events extends Readonly<Record<string, GameType<unknown>>> = Nothing,
  OptionsType extends Validator = GameType<Json>,
  TimerName extends string = never,
  TaskName extends string = never,
  BotName extends string = never,
  const Refusals extends Readonly<Record<string, string>> = Readonly<Record<string, string>>,
  Listing = unknown,
  const Created extends Initial<State> = Initial<State>,
>(
  definition: Definition<
    StateOf<State, Created>,
    OptionsType,
    Inputs,
    Events,
    TimerName,
    TaskName,
    BotName,
    Refusals,
    Listing,
    Created
  > &
    Declared<State>,
): Game<Defined<StateOf<State, Created>, OptionsType, Inputs, Events, Refusals, Listing>>
export function defineGame(given: unknown): Game {
  const definition = given as AnyDefinition
  const mistakes = mistakesIn(definition)
  if (mistakes.length > 0) throw new GameDefinitionError(nameOf(definition), mistakes)
  const state = definition.state ?? t.json()
  const game: Game = {
    name: definition.name,
    version: definition.version,
    hz: definition.hz,
    seats: seatRulesOf(definition.seats),
    maxMs: definition.maxMs,
    record: definition.record ?? false,
    options: definition.options,
    state,
    viewType: definition.view?.type ?? state,
    inputs: inputRulesOf(definition.inputs ?? {}),
    events: new Map(Object.entries(definition.events ?? {})),
    refusals: definition.refusals && new Map(Object.entries(definition.refusals)),
    rules: rulesOf(definition),
  }
  GAMES.add(game)
  return game
}

const GAMES = new WeakSet<object>()

/** Whether the value was made by `defineGame`. */
export function isGame(value: unknown): value is Game {
  return typeof value === 'object' && value !== null && GAMES.has(value)
}

/** The state's type may be declared. Otherwise the state is any JSON value without null. */
interface Declared<State> {
  readonly state?: GameType<State>
}

/** The declared state's type. Without one, the type of what `create` returns, with `number` in place of `0`. */
type StateOf<State, Created> = unknown extends State ? Loose<Created> : State

type Defined<State, OptionsType, Inputs extends InputDefinitions, Events, Refusals, Listing> = {
  state: State
  options: ValidOf<OptionsType>
  inputs: { [Name in keyof Inputs]: ValidOf<Inputs[Name]['type']> }
  events: { [Name in keyof Events]: ValidOf<Events[Name]> }
  refusal: keyof Refusals & string
  listing: Listing
}

/** A definition whose types are no longer known. What enters the game is checked against them at run time. */
type AnyDefinition = Definition<
  unknown,
  Validator,
  InputDefinitions,
  Readonly<Record<string, GameType<Json>>>,
  string,
  string,
  string,
  Readonly<Record<string, string>>,
  unknown,
  unknown
> &
  Declared<unknown>

function rulesOf(definition: AnyDefinition): Rules {
  const tables = { on: {}, timers: {}, tasks: {}, results: {}, bots: {}, migrate: {}, view: undefined }
  return { ...tables, ...definition } as unknown as Rules
}

/** Lists everything that is wrong with a definition. */
export class GameDefinitionError extends TypeError {
  override readonly name = 'GameDefinitionError'
  readonly mistakes: readonly string[]

  constructor(game: string, mistakes: readonly string[]) {
    super(`the game ${game} is not right:\n${mistakes.map((mistake) => `  ${mistake}`).join('\n')}`)
    this.mistakes = mistakes
  }
}

function nameOf(definition: unknown): string {
  const name: unknown = typeof definition === 'object' && definition !== null && Reflect.get(definition, 'name')
  return typeof name === 'string' ? `"${name}"` : 'without a name'
}

function seatRulesOf({
  min = 1,
  max,
  holdMs = HOLD_MS,
  lateJoin = true,
  spectators = true,
  guests = false,
  fill,
  standIn,
}: SeatOptions): SeatRules {
  return { min, max, holdMs, lateJoin, spectators, guests, fill: fill && { to: max, ...fill }, standIn }
}

function inputRulesOf(inputs: InputDefinitions): ReadonlyMap<string, InputRule> {
  const rules = new Map<string, InputRule>()
  for (const [name, { type, keep = 'all', perSecond = INPUTS_PER_SECOND }] of Object.entries(inputs)) {
    rules.set(name, { type, keep, perSecond })
  }
  return rules
}
