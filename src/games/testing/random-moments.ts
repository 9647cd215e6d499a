import type { Game } from '../define.ts'
import type { Json, JsonArgs, Seat } from '../definition.ts'
import { isStandardSchema, type Validator } from '../standard-schema.ts'
import type { Dice } from './dice.ts'
import { randomValue } from './random-values.ts'
import type { Action, Moment } from './script.ts'
import type { Simulation } from './simulation.ts'

/** What the author knows better than the types do. */
export interface Generators {
  /** By name; needed where the type is a Standard Schema. `view` is what the seat sees. */
  readonly inputs?: Readonly<Record<string, (random: () => number, view: never, seat: Seat) => unknown>>
  /** What tasks come to, by name; without one each fails. */
  readonly tasks?: Readonly<Record<string, (random: () => number, args: JsonArgs) => Json>>
}

/** Some are integers, which JavaScript enumerates first. */
export const USERS = ['ann', 'bob', '10', 'cat', '7', 'dan', 'eve', 'fay'] as const
const GUEST = 'guest-1'
const ACTIONS_MAX = 4

/** What happens in a room, by chance: players come and go, and send what they may. */
export class RandomMoments {
  readonly #game: Game
  readonly #dice: Dice
  readonly #generators: Generators
  readonly #users: readonly string[]

  constructor(game: Game, dice: Dice, generators: Generators) {
    this.#game = game
    this.#dice = dice
    this.#generators = generators
    this.#users = [...USERS.slice(0, game.seats.max + 1), ...(game.seats.guests ? [GUEST] : [])]
  }

  next(room: Simulation, ticksLeft: number): Moment {
    const dice = this.#dice
    const wait = this.#wait(ticksLeft)
    const count = dice.chance(0.7) ? 1 : dice.below(ACTIONS_MAX + 1)
    const actions = Array.from({ length: count }, () => this.#action(room)).filter((action) => action !== undefined)
    return { wait: wait === 0 && actions.length === 0 ? 1 : wait, actions }
  }

  #wait(ticksLeft: number): number {
    const dice = this.#dice
    const { hz, seats } = this.#game
    if (dice.chance(0.5)) return 0
    if (hz > 0) return Math.min(ticksLeft, dice.chance(0.1) ? dice.below(2 * hz) : dice.below(4))
    return dice.chance(0.05) ? dice.pick([30_000, seats.holdMs]) : dice.pick([1, 10, 100, 1_000, 1_000, 5_000])
  }

  #action(room: Simulation): Action | undefined {
    const dice = this.#dice
    const players = room.seats.filter(({ bot }) => bot === undefined)
    if (players.length < Math.min(this.#game.seats.min, this.#users.length) && dice.chance(0.5)) return this.#join(room)
    const [task] = room.tasks
    if (task && dice.chance(0.3)) return this.#endTask(task)
    const roll = dice.roll()
    if (roll < 0.002) return { kind: 'end' }
    if (roll < 0.1 || players.length === 0) return this.#join(room)
    const seat = dice.pick(players)
    if (!seat.isConnected) return { kind: dice.chance(0.8) ? 'back' : 'leave', user: seat.id }
    if (roll < 0.15) return { kind: 'drop', user: seat.id }
    if (roll < 0.19) return { kind: 'leave', user: seat.id }
    return this.#input(room, seat)
  }

  #join(room: Simulation): Action | undefined {
    const outside = this.#users.filter((user) => room.seats.every(({ id }) => id !== user))
    if (outside.length === 0) return undefined
    const user = this.#dice.pick(outside)
    return { kind: 'join', user, guest: user === GUEST }
  }

  #endTask({ task, args }: { readonly task: string; readonly args: JsonArgs }): Action {
    const generate = this.#generators.tasks?.[task]
    if (!generate || this.#dice.chance(0.2)) return { kind: 'failTask', task }
    return { kind: 'resolveTask', task, value: generate(this.#dice.roll, args) }
  }

  #input(room: Simulation, seat: Seat): Action | undefined {
    const names = [...this.#game.inputs.keys()]
    if (names.length === 0) return undefined
    const name = this.#dice.pick(names)
    const generate = this.#generators.inputs?.[name]
    const type = this.#game.inputs.get(name)?.type
    if (!generate) return { kind: 'input', user: seat.id, name, value: valueOf(type, this.#dice) }
    const view = this.#game.rules.view ? room.view(seat.id) : room.state
    return { kind: 'input', user: seat.id, name, value: generate(this.#dice.roll, view as never, seat) }
  }
}

/** Throws TypeError if there are inputs of which nobody knows what they may be. */
export function requireGenerators({ inputs }: Game, generators: Generators): void {
  for (const [name, { type }] of inputs) {
    if (!isStandardSchema(type) || generators.inputs?.[name]) continue
    throw new TypeError(`fuzz: "${name}" has a Standard Schema: give inputs: { ${name}: (random) => value }`)
  }
  for (const name of Object.keys(generators.inputs ?? {})) {
    if (!inputs.has(name)) throw new TypeError(`fuzz: inputs.${name}: there is no such input`)
  }
}

/** A value of a type of `t`; an empty object, where only the author knows. */
export function valueOf(type: Validator | undefined, dice: Dice): unknown {
  return type && !isStandardSchema(type) ? randomValue(type, dice) : {}
}
