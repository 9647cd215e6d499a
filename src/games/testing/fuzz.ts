import type { Game, GameTypes } from '../define.ts'
import type { Json, JsonArgs, Seat } from '../definition.ts'
import { closeRealm } from '../realm-guards.ts'
import { isStandardSchema } from '../standard-schema.ts'
import { Dice } from './dice.ts'
import type { Finding } from './finding.ts'
import { RandomMoments, requireGenerators, USERS, valueOf, type Generators } from './random-moments.ts'
import { codeOf, type Script } from './script.ts'
import { shrink } from './shrink.ts'
import { tryMatch, tryScript, type Trial } from './trial.ts'

export interface FuzzOptions<Types extends GameTypes = GameTypes> {
  /** How many matches are played, each of another seed. By default 50. */
  readonly seeds?: number
  /** How long each is, in ticks. By default 200. */
  readonly ticks?: number
  /** The first seed: the same seeds give the same matches. By default 1. */
  readonly seed?: number
  /** Options of the rooms, or what makes them. By default random ones of the type that `options` of the game has. */
  readonly options?: Types['options'] | ((random: () => number) => Types['options'])
  /**
   * What inputs may be, by name; `random` is chance in [0, 1), `view` what the seat sees. By default random values of the type: needed where that is a
   * Standard Schema, and good where few values make sense.
   */
  readonly inputs?: {
    readonly [Name in keyof Types['inputs']]?: (
      random: () => number,
      view: Types['state'],
      seat: Seat,
    ) => Types['inputs'][Name]
  }
  /** What tasks come to, by name. By default each fails. */
  readonly tasks?: Readonly<Record<string, (random: () => number, args: JsonArgs) => Json>>
}

/** A fault, and the shortest match that was found to show it. */
export interface Fault {
  readonly kind: Finding['kind']
  /** What is wrong, in a sentence. */
  readonly message: string
  /** What was thrown, if something was. */
  readonly error?: unknown
  /** Lines of code that show it. */
  readonly code: readonly string[]
  /** How many things are sent to the room in it. */
  readonly entries: number
  /** The seed of `fuzz` that found it. */
  readonly seed: number
}

export interface FuzzReport {
  readonly matches: number
  readonly ticks: number
  /** What entered the rooms: joins, inputs and so on. */
  readonly entries: number
  /** What is no fault, and should be looked at. */
  readonly warnings: readonly Fault[]
}

/** `fuzz` has found a fault. The message has lines of code that show it. */
export class FuzzError extends Error {
  override readonly name = 'FuzzError'
  readonly fault: Fault

  constructor(game: string, fault: Fault) {
    super(`the game ${game}: ${textOf(fault)}`, { cause: fault.error })
    this.fault = fault
  }
}

/**
 * Plays matches of random players, who come, go, and send random inputs of the declared types, and looks at all that a game promises: no callback throws
 * or leaves a state that is none; a refusal changes nothing; each patch gives what it should, in both encodings; a replay, and a room that goes on from
 * a checkpoint after each tick, come to the same; bots send inputs that fit.
 * @throws FuzzError for the first fault, with the shortest match that shows it
 * @throws TypeError if an input has a Standard Schema, and `inputs` does not say what it may be
 */
export function fuzz<Types extends GameTypes>(game: Game<Types>, options: FuzzOptions<Types> = {}): FuzzReport {
  const { seeds = 50, ticks = 200, seed: first = 1 } = options
  const generators: Generators = options as Generators
  requireGenerators(game, generators)
  closeRealm()
  const warnings = new Map<string, Fault>()
  const sum = { matches: 0, ticks: 0, entries: 0 }
  for (let seed = first; seed < first + seeds; seed++) {
    const trial = randomMatch(game, { seed, ticks, options: options.options, generators })
    sum.matches++
    sum.ticks += trial.ticks
    sum.entries += trial.inputs
    for (const found of trial.smallSteps) {
      if (!warnings.has(found.signature)) warnings.set(found.signature, faultOf(game, trial.script, found, seed))
    }
    if (trial.finding) throw new FuzzError(game.name, faultOf(game, trial.script, trial.finding, seed))
  }
  return { ...sum, warnings: [...warnings.values()] }
}

interface MatchOptions {
  readonly seed: number
  readonly ticks: number
  readonly options: unknown
  readonly generators: Generators
}

function randomMatch(game: Game, { seed, ticks, options: given, generators }: MatchOptions): Trial {
  const dice = new Dice(seed)
  const moments = new RandomMoments(game, dice, generators)
  const options = typeof given === 'function' ? (given as (random: () => number) => unknown)(dice.roll) : given
  return tryMatch(game, {
    seed,
    options: options ?? (game.options && !isStandardSchema(game.options) ? valueOf(game.options, dice) : {}),
    next: (room) => (room.ticks < ticks ? moments.next(room, ticks - room.ticks) : undefined),
  })
}

/** Counts the matches that are played with names of their own. */
let suffixes = 0

function faultOf(game: Game, script: Script, finding: Finding, seed: number): Fault {
  let last = finding
  const showsWith =
    (newSuffix: () => string) =>
    (candidate: Script): Script | undefined => {
      const suffix = newSuffix()
      const trial = tryScript(game, candidate, suffix)
      const found = [trial.finding, ...trial.smallSteps].find((other) => other?.signature === finding.signature)
      if (found) last = { ...found, message: withoutSuffix(found.message, suffix) }
      return found && trial.script
    }
  // A game that keeps something beside its state may know the players of earlier matches.
  const ways = [() => '', () => `${++suffixes}`].map((suffix) => showsWith(suffix))
  const shows = ways.find((way) => way(script) !== undefined)
  const shortest = shows ? shrink(script, shows) : script
  return {
    kind: last.kind,
    message: shows
      ? last.message
      : `${last.message}; it is not so each time, as the game keeps something beside its state`,
    ...(last.error === undefined ? {} : { error: last.error }),
    code: [...codeOf(shortest, game.hz), SHOWN_BY[last.kind]],
    entries: shortest.moments.reduce((count, { actions }) => count + actions.length, 0),
    seed,
  }
}

/** What shows the fault, behind the lines that bring it about. */
const SHOWN_BY: Readonly<Record<Finding['kind'], string>> = {
  threw: 'assert.deepEqual(room.failures, [])',
  replay: 'room.replay() // throws ReplayError',
  refusal: '// leave out what was refused, and room.state is another one',
  restore: '// with room = room.restore(room.checkpoint()) behind each line, room.state is another one',
  'small step': '// room.state stays as it is',
}

function withoutSuffix(message: string, suffix: string): string {
  return suffix === '' ? message : message.replace(new RegExp(`\\b(${USERS.join('|')})${suffix}\\b`, 'g'), '$1')
}

function textOf({ message, code, seed }: Fault): string {
  return [message, '', ...code.map((line) => `  ${line}`), '', `(found by fuzz with seed ${seed})`].join('\n')
}
