import { isWellFormed } from '../limits.ts'
import type { Constant, FixedDescription, LeafDescription, NumberKind } from '../types.ts'
import { shown, TypeFault } from './fault.ts'
import { Fixed } from './fixed.ts'
import { WHOLE_NUMBERS } from './numbers.ts'
import type { LeafPart } from './part.ts'

export function leafOf(type: LeafDescription): LeafPart {
  const { kind } = type
  if (kind === 'boolean') return BOOLEAN
  if (kind === 'fixed') return fixedLeaf(type)
  if (kind === 'string') return stringLeaf(type.max)
  if (kind === 'oneOf') return oneOfLeaf(type.values)
  return kind === 'literal' ? literalLeaf(type.value) : numberLeaf(kind)
}

const leaf = (snap: LeafPart['snap']): LeafPart => ({ isLeaf: true, snap })

const BOOLEAN = leaf((value) => {
  if (typeof value === 'boolean') return value
  throw new TypeFault(`must be a boolean, but is ${shown(value)}`)
})

function numberLeaf(kind: NumberKind): LeafPart {
  if (kind === 'float64') return leaf((value) => expectFinite(value) + 0)
  if (kind === 'float32') return leaf((value) => expectFinite(Math.fround(expectFinite(value))) + 0)
  const { min, max } = WHOLE_NUMBERS[kind]
  return leaf((value) => {
    // The + 0 turns -0 into 0.
    if (typeof value === 'number' && value >= min && value <= max && Number.isInteger(value)) return value + 0
    throw new TypeFault(`must be a whole number from ${min} to ${max}, but is ${shown(value)}`)
  })
}

function expectFinite(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw new TypeFault(`must be a finite number, but is ${shown(value)}`)
}

function fixedLeaf(type: FixedDescription): LeafPart {
  const { min, max, step } = type
  const fixed = new Fixed(type)
  return leaf((value) => {
    if (typeof value === 'number') {
      const k = fixed.indexOf(value)
      if (k >= 0 && k <= fixed.steps) return fixed.at(k)
    }
    throw new TypeFault(`must be a number from ${min} to ${max} (in steps of ${step}), but is ${shown(value)}`)
  })
}

const stringLeaf = (max: number): LeafPart =>
  leaf((value) => {
    if (typeof value !== 'string') throw new TypeFault(`must be text, but is ${shown(value)}`)
    if (value.length > max) throw new TypeFault(`must be text of at most ${max} units, but has ${value.length}`)
    if (isWellFormed(value)) return value
    throw new TypeFault('holds half of a surrogate pair')
  })

const oneOfLeaf = (values: readonly Constant[]): LeafPart =>
  leaf((value) => {
    const index = values.indexOf(value as Constant)
    const found = values[index]
    if (found !== undefined) return found
    throw new TypeFault(`must be one of ${JSON.stringify(values)}, but is ${shown(value)}`)
  })

const literalLeaf = (only: Constant): LeafPart =>
  leaf((value) => {
    if (value === only) return only
    throw new TypeFault(`must be ${JSON.stringify(only)}, but is ${shown(value)}`)
  })
