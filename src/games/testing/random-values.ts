import { ENTRIES_MAX } from '../limits.ts'
import { Fixed } from '../sync/fixed.ts'
import { WHOLE_NUMBERS } from '../sync/numbers.ts'
import type { Json, LeafDescription, TypeDescription } from '../types.ts'
import type { Dice } from './dice.ts'

const TEXTS = ['', 'a', 'ann', 'bob', '7', '10', 'constructor', 'hello there', 'ä😀', '"\\\n', 'x'.repeat(64)]
const DOUBLES = [0, 1, -1, 0.1, 0.5, -0.25, 100, 2 ** 31, 2 ** 53, 1e300, -1e300, 5e-324]
const COUNT_MAX = 5

/** Values of a type: its limits often, all else now and then. */
export function randomValue(type: TypeDescription, dice: Dice): Json {
  const { kind } = type
  if (kind === 'object') {
    const fields = Object.entries(type.fields).flatMap(([name, field]) => {
      if (field.kind !== 'optional') return [[name, randomValue(field, dice)] as const]
      return dice.chance(0.5) ? [[name, randomValue(field.of, dice)] as const] : []
    })
    return Object.fromEntries(fields)
  }
  if (kind === 'array') return Array.from({ length: countOf(type, dice) }, () => randomValue(type.of, dice))
  if (kind === 'map' || kind === 'record') {
    const count = countOf(type, dice)
    return Object.fromEntries(Array.from({ length: count }, () => [dice.pick(TEXTS), randomValue(type.of, dice)]))
  }
  if (kind === 'optional') return randomValue(type.of, dice)
  return kind === 'json' ? randomJson(dice, 2) : randomLeaf(type, dice)
}

function countOf({ max = ENTRIES_MAX }: { readonly max?: number }, dice: Dice): number {
  // All that a small list can hold.
  if (max <= 32 && dice.chance(0.1)) return max
  return Math.min(max, dice.below(COUNT_MAX))
}

function randomJson(dice: Dice, depth: number): Json {
  const kind = dice.below(depth > 0 ? 6 : 4)
  if (kind === 0) return dice.pick(TEXTS)
  if (kind === 1) return dice.chance(0.5)
  if (kind < 4) return dice.chance(0.5) ? dice.below(10) : dice.pick(DOUBLES)
  const count = dice.below(COUNT_MAX)
  if (kind === 4) return Array.from({ length: count }, () => randomJson(dice, depth - 1))
  return Object.fromEntries(Array.from({ length: count }, () => [dice.pick(TEXTS), randomJson(dice, depth - 1)]))
}

function randomLeaf(type: LeafDescription, dice: Dice): Json {
  const { kind } = type
  if (kind === 'boolean') return dice.chance(0.5)
  if (kind === 'oneOf') return dice.pick(type.values)
  if (kind === 'literal') return type.value
  if (kind === 'string') return dice.pick(TEXTS.filter((text) => text.length <= type.max))
  if (kind === 'float64') return dice.chance(0.5) ? dice.pick(DOUBLES) : (dice.roll() - 0.5) * 200
  if (kind === 'float32') return dice.chance(0.5) ? dice.pick([0, 1, -1, 0.5, 3e38]) : (dice.roll() - 0.5) * 200
  if (kind === 'fixed') {
    const fixed = new Fixed(type)
    const { steps } = fixed
    return fixed.at(dice.chance(0.3) ? dice.pick([0, steps]) : dice.below(steps + 1))
  }
  const { min, max } = WHOLE_NUMBERS[kind]
  if (dice.chance(0.3)) return dice.pick([min, max, 0, 1])
  if (dice.chance(0.5)) return Math.max(min, dice.below(Math.min(max, 12) + 1))
  return min + dice.below(max - min + 1)
}
