import type { Game, Rules } from '../define.ts'
import { leafOf } from '../sync/leaves.ts'
import type { LeafPart } from '../sync/part.ts'
import type { LeafDescription, TypeDescription } from '../types.ts'

/** How often in a row a number is set and does not move, before it is said. */
const LOST_MAX = 20

export type OnSmallStep = (path: string, message: string) => void

interface Rounded {
  readonly value: number
  readonly part: LeafPart
  readonly kind: 'fixed' | 'float32'
}

/** Numbers by their paths. */
type Numbers = Map<string, Rounded>

/**
 * The same game, of which it is said when a number is changed again and again by so little that its type rounds it back to what it was: it never
 * moves, and the author wonders why. Returns the game itself if no type of its state rounds.
 */
export function watchSmallSteps(game: Game, onSmallStep: OnSmallStep): Game {
  if (!rounds(game.state)) return game
  const watch = new SmallSteps(game.state, onSmallStep)
  return { ...game, rules: watchedRules(game.rules, watch) }
}

type Callback = (state: unknown, ...args: never[]) => unknown

function watchedRules(rules: Rules, watch: SmallSteps): Rules {
  const wrap = (callback: unknown): unknown =>
    typeof callback === 'function' ? watch.around(callback as Callback) : callback
  const table = (callbacks: object) =>
    Object.fromEntries(Object.entries(callbacks).map(([name, callback]) => [name, wrap(callback)]))
  const { join, drop, back, leave, bought, tick, on, timers, results } = rules
  const single = Object.fromEntries(
    Object.entries({ join, drop, back, leave, bought, tick }).filter(([, callback]) => callback !== undefined),
  )
  return { ...rules, ...table(single), on: table(on), timers: table(timers), results: table(results) } as Rules
}

class SmallSteps {
  readonly #type: TypeDescription
  readonly #onSmallStep: OnSmallStep
  /** How often in a row each number was set and did not move. */
  readonly #lost = new Map<string, number>()

  constructor(type: TypeDescription, onSmallStep: OnSmallStep) {
    this.#type = type
    this.#onSmallStep = onSmallStep
  }

  around(callback: Callback): Callback {
    return (state, ...args) => {
      const before = numbersIn(this.#type, state)
      const given = callback(state, ...args)
      this.#compare(before, numbersIn(this.#type, given ?? state))
      return given
    }
  }

  #compare(before: Numbers, after: Numbers): void {
    for (const [path, { value, part, kind }] of after) {
      const was = before.get(path)?.value
      if (was === undefined || was === value) continue
      if (!isRoundedTo(was, value, part)) {
        this.#lost.delete(path)
        continue
      }
      const lost = (this.#lost.get(path) ?? 0) + 1
      this.#lost.set(path, lost)
      if (lost !== LOST_MAX) continue
      const message = `${path} was set ${LOST_MAX} times in a row and stayed ${was}: its type (${kind}) rounds each change away; use a finer type, or add up elsewhere`
      this.#onSmallStep(path, message)
    }
  }
}

function isRoundedTo(was: number, value: number, part: LeafPart): boolean {
  try {
    return part.snap(value) === was
  } catch {
    // It is a fault of the callback, and found as one.
    return false
  }
}

function rounds(type: TypeDescription): boolean {
  const { kind } = type
  if (kind === 'object') return Object.values(type.fields).some((field) => rounds(field))
  if (kind === 'array' || kind === 'map' || kind === 'record' || kind === 'optional') return rounds(type.of)
  return kind === 'fixed' || kind === 'float32'
}

const PARTS = new WeakMap<TypeDescription, LeafPart>()

function partOf(type: LeafDescription): LeafPart {
  let part = PARTS.get(type)
  if (!part) PARTS.set(type, (part = leafOf(type)))
  return part
}

function numbersIn(type: TypeDescription, value: unknown): Numbers {
  const numbers: Numbers = new Map()
  collect(type, value, '', numbers)
  return numbers
}

function collect(type: TypeDescription, value: unknown, path: string, into: Numbers): void {
  const { kind } = type
  if (kind === 'fixed' || kind === 'float32') {
    if (typeof value === 'number') into.set(path, { value, part: partOf(type), kind })
    return
  }
  if (kind === 'optional') {
    collect(type.of, value, path, into)
    return
  }
  if (typeof value !== 'object' || value === null || !rounds(type)) return
  for (const [key, part] of Object.entries(value)) {
    const of = kind === 'object' ? type.fields[key] : 'of' in type ? type.of : undefined
    if (of) collect(of, part, path === '' ? key : `${path}.${key}`, into)
  }
}
