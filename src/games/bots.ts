import { checkInput } from './check-input.ts'
import type { Seat } from './definition.ts'
import type { Entry, Failure } from './entries.ts'
import type { Game } from './define.ts'
import { inRealm } from './realm.ts'
import { factsForBots } from './room-facts.ts'
import type { GameRun } from './run.ts'
import { TypeFault } from './sync/fault.ts'

export type Input = Extract<Entry, { kind: 'input' }>

export interface BotsOptions {
  readonly run: GameRun
  /** What the seat sees, as plain data that cannot be changed. Throws what the game's view throws. */
  readonly see: (seat: Seat) => unknown
  /** In [0, 1). It is not the room's random generator: inputs of bots are journaled, so a replay does not ask bots again. */
  readonly random: () => number
  readonly pace?: BotPace
}

/** Limits how much of a server bots may use. */
export interface BotPace {
  /** Bots are asked from now on. */
  begin(): void
  mayThink(seat: Seat, bot: string): boolean
  /** Call this when the bot has answered. */
  hasThought(): void
  /** Whether the seat may send this input now. */
  maySend(seat: Seat, name: string): boolean
}

/** For rooms without such limits. */
const NO_PACE: BotPace = { begin: () => {}, mayThink: () => true, hasThought: () => {}, maySend: () => true }

/** How many inputs one bot may send in one tick. If it sends more, that is a mistake. */
const INPUTS_MAX = 16
/** A bot that fails this many times in a row is not asked any more. */
const FAILURES_MAX = 10

/**
 * The kind of bot that plays a seat now: its own, or one that stands in for a player who is gone. Undefined if a player plays.
 */
export function botOf({ seats }: Pick<Game, 'seats'>, { bot, isConnected }: Seat): string | undefined {
  return bot ?? (isConnected ? undefined : seats.standIn)
}

/**
 * The bots of a room. After each tick each bot is asked what it does, given what its seat sees. Its answer enters the next tick
 * as inputs of the seat. A bot that stands in for a player stops as soon as anything is heard of the player: none of its inputs
 * enters the same tick.
 */
export class Bots {
  readonly #options: BotsOptions
  readonly #pace: BotPace
  #inputs: readonly Input[] = []
  /** If time ran out, the seat that is asked first next time. */
  #first: string | undefined
  /** How many times in a row the bot of each seat has failed. */
  readonly #failed = new Map<string, number>()
  /** Some bot or input had to wait. In a room with `hz: 0` the bots then have to be asked again. */
  isBehind = false

  constructor(options: BotsOptions) {
    this.#options = options
    this.#pace = options.pace ?? NO_PACE
  }

  /** Whether inputs of bots wait for the next tick. */
  get hasInputs(): boolean {
    return this.#inputs.length > 0
  }

  /** Asks the bots. Call this after each tick. Returns the failures; a bot that fails sends no inputs in this tick. */
  think(): readonly Failure[] {
    const { run } = this.#options
    this.isBehind = false
    this.#inputs = []
    const seats = run.ending ? [] : run.seats.filter((seat) => this.#isAsked(seat))
    if (seats.length === 0) return []
    const failures: Failure[] = []
    const inputs: Input[] = []
    const first = Math.max(
      0,
      seats.findIndex(({ id }) => id === this.#first),
    )
    this.#first = undefined
    this.#pace.begin()
    for (const seat of [...seats.slice(first), ...seats.slice(0, first)]) {
      const bot = botOf(run.game, seat) ?? ''
      if (this.#pace.mayThink(seat, bot)) inputs.push(...this.#ask(seat, bot, failures))
      else {
        this.#first ??= seat.id
        this.isBehind = true
      }
    }
    this.#inputs = inputs
    return failures
  }

  /** Takes the inputs that enter the next tick before these entries. */
  take(entries: readonly Entry[]): readonly Input[] {
    const inputs = this.#inputs
    if (inputs.length === 0) return inputs
    this.#inputs = []
    const heard = new Set(entries.map((entry) => ('user' in entry ? entry.user : undefined)))
    const { seats } = this.#options.run
    const isOfBot = (user: string) => seats.some(({ id, bot }) => id === user && bot !== undefined)
    return inputs.filter(({ user }) => !heard.has(user) || isOfBot(user))
  }

  #isAsked(seat: Seat): boolean {
    const { run } = this.#options
    if (botOf(run.game, seat) === undefined) {
      this.#failed.delete(seat.id)
      return false
    }
    return (this.#failed.get(seat.id) ?? 0) < FAILURES_MAX
  }

  #ask(seat: Seat, bot: string, failures: Failure[]): readonly Input[] {
    const { run, see, random } = this.#options
    let callback = 'view'
    try {
      const view = see(seat)
      callback = `bots.${bot}`
      const facts = factsForBots(run, random)
      const said: unknown = inRealm(callback, () => run.game.rules.bots[bot]?.(view, seat, facts))
      const inputs = inputsOf(run.game, seat, said)
      this.#failed.delete(seat.id)
      return inputs.filter(({ name }) => this.#maySend(seat, name))
    } catch (thrown) {
      failures.push({ callback, error: asAuthorsFault(thrown) })
      this.#hasFailed(seat, callback, failures)
      return []
    } finally {
      this.#pace.hasThought()
    }
  }

  #maySend(seat: Seat, name: string): boolean {
    const may = this.#pace.maySend(seat, name)
    if (!may) this.isBehind = true
    return may
  }

  #hasFailed({ id }: Seat, callback: string, failures: Failure[]): void {
    const inRow = (this.#failed.get(id) ?? 0) + 1
    this.#failed.set(id, inRow)
    if (inRow < FAILURES_MAX) return
    const error = new Error(
      `it has failed ${FAILURES_MAX} times in a row, and is not asked any more for the seat of ${id}`,
    )
    failures.push({ callback, error })
  }
}

/** A bot's input is invalid: its name is not declared, or its value does not fit. Or the bot did not return a list of inputs. */
export class NoInput extends TypeError {
  override readonly name = 'NoInput'
}

/** Checks an input as `checkInput` does. Also throws NoInput. */
export function inputOf(game: Game, name: string, value: unknown): unknown {
  const rule = game.inputs.get(name)
  if (!rule) throw new NoInput(`the game ${game.name} has no input "${name}"`)
  return checkInput(name, rule.type, value)
}

/** Checks what a bot has returned. Throws NoInput. */
function inputsOf(game: Game, { id: user }: Seat, said: unknown): readonly Input[] {
  if (!Array.isArray(said))
    throw new NoInput('it gave no array: a bot has to give its inputs, such as [["steer", { dx: 1 }]], or []')
  if (said.length > INPUTS_MAX)
    throw new NoInput(`it gave ${said.length} inputs: at most ${INPUTS_MAX} are allowed in one tick`)
  return said.map((one: unknown) => {
    const [name, value]: readonly unknown[] = Array.isArray(one) ? one : []
    if (typeof name !== 'string') throw new NoInput('an input is [name, value], as ["steer", { dx: 1 }]')
    try {
      return { kind: 'input', user, name, input: inputOf(game, name, value) }
    } catch (thrown) {
      if (!(thrown instanceof TypeFault)) throw thrown
      throw new NoInput(`its input "${name}" does not fit: ${thrown.message}`)
    }
  })
}

/** V8's message says only what could not be done. The author also needs to know why. */
function asAuthorsFault(thrown: unknown): unknown {
  if (!(thrown instanceof TypeError) || !/read only|not extensible|Cannot delete/.test(thrown.message)) return thrown
  const told = new TypeError(`a bot cannot change what it is given (${thrown.message})`, { cause: thrown })
  if (thrown.stack !== undefined) told.stack = thrown.stack.replace(thrown.message, told.message)
  return told
}
