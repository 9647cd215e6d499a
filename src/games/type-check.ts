import { DEPTH_MAX, isForbiddenKey, isWellFormed } from './limits.ts'
import { stepsOf } from './sync/fixed.ts'

/** Text of this many UTF-16 units still has a length of at most 4 bytes on the wire, counted in UTF-8. */
const STRING_MAX = 2 ** 26

type Described = Readonly<Record<string, unknown>>

interface Place {
  /** Whether it is the type of an object's field. Only there `optional` is allowed. */
  readonly isField?: boolean
  readonly depth?: number
}

const isCount = (value: unknown, max: number): boolean =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= max

const isFinite = (value: unknown): value is number => Number.isFinite(value) && !Object.is(value, -0)

const isConstant = (value: unknown): boolean =>
  typeof value === 'string' ? isWellFormed(value) : typeof value === 'boolean' || isFinite(value)

/** The members of each kind, besides `kind`. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  boolean: [],
  json: [],
  int8: [],
  int16: [],
  int32: [],
  uint8: [],
  uint16: [],
  uint32: [],
  float32: [],
  float64: [],
  fixed: ['min', 'max', 'step'],
  string: ['max'],
  oneOf: ['values'],
  literal: ['value'],
  object: ['fields'],
  optional: ['of'],
  array: ['of', 'max'],
  map: ['of', 'max'],
  record: ['of', 'max'],
}

/** @throws TypeError with the reason if this is not a type, or if it contradicts itself */
export function checkType(type: unknown, { isField = false, depth = 0 }: Place = {}): void {
  if (!isObject(type) || typeof type['kind'] !== 'string') throw new TypeError('a type is an object with a kind')
  const { kind } = type
  const members = Object.hasOwn(MEMBERS, kind) ? MEMBERS[kind] : undefined
  if (members === undefined) throw new TypeError(`there is no kind of type ${JSON.stringify(kind)}`)
  const unknown = Object.keys(type).find((member) => member !== 'kind' && !members.includes(member))
  if (unknown !== undefined) throw new TypeError(`${kind}: has no member ${JSON.stringify(unknown)}`)
  if (depth > DEPTH_MAX) throw new TypeError(`${kind}: types are nested more than ${DEPTH_MAX} deep`)
  const wrong = CONTRADICTIONS[kind]?.(type, isField, depth)
  if (wrong !== undefined) throw new TypeError(`${kind}: ${wrong}`)
}

type Contradiction = (type: Described, isField: boolean, depth: number) => string | undefined

/** What is wrong with a type of each kind. Returns undefined if nothing is. */
const CONTRADICTIONS: Readonly<Record<string, Contradiction>> = {
  fixed: ({ min, max, step }) => {
    if (!isFinite(min) || !isFinite(max) || !isFinite(step))
      return 'min, max and step must be finite numbers, and not -0'
    if (min > max) return `min (${min}) is over max (${max})`
    if (step <= 0) return `step (${step}) must be over 0`
    const steps = stepsOf({ min, max, step })
    if (steps >= 2 ** 32) return `has ${steps} steps, over 2^32 - 1`
    if (Math.max(Math.abs(min), Math.abs(max)) / step > 2 ** 50)
      return `numbers near ${max} are no multiples of ${step}`
    return undefined
  },
  string: ({ max }) => (isCount(max, STRING_MAX) ? undefined : `max must be a whole number from 0 to ${STRING_MAX}`),
  oneOf: ({ values }) => {
    if (!Array.isArray(values) || values.length === 0) return 'needs at least one value'
    const wrong: unknown = values.find((value) => !isConstant(value))
    if (wrong !== undefined || values.includes(undefined))
      return 'a value must be a boolean, a finite number or text (not -0, no half of a surrogate pair)'
    return new Set(values).size < values.length ? 'has the same value twice' : undefined
  },
  literal: ({ value }) =>
    isConstant(value)
      ? undefined
      : 'the value must be a boolean, a finite number or text (not -0, no half of a surrogate pair)',
  object: ({ fields }, _isField, depth) => {
    if (!isObject(fields)) return 'fields must be a plain object (is there a field named __proto__?)'
    for (const [name, field] of Object.entries(fields)) {
      if (isForbiddenKey(name)) return 'no field can be named __proto__'
      if (!isWellFormed(name)) return 'a field name holds half of a surrogate pair'
      checkType(field, { isField: true, depth: depth + 1 })
    }
    return undefined
  },
  optional: ({ of }, isField, depth) => {
    if (!isField) return 'only a field of an object can be optional'
    checkType(of, { depth: depth + 1 })
    return undefined
  },
  array: (type, _isField, depth) => {
    const wrong = wrongInList(type, depth)
    if (wrong !== undefined || !isEmpty(type['of'] as Described)) return wrong
    return 'all elements would be the same: keep their number instead'
  },
  map: (type, _isField, depth) => wrongInList(type, depth),
  record: (type, _isField, depth) => wrongInList(type, depth),
}

function wrongInList({ of, max }: Described, depth: number): string | undefined {
  checkType(of, { depth: depth + 1 })
  if (max === undefined || isCount(max, 2 ** 32 - 1)) return undefined
  return 'max must be a whole number from 0 to 2^32 - 1'
}

/**
 * Whether values of this type take no bytes. Arrays of such values are refused. So each element in a patch takes at least one
 * byte, and a damaged length cannot lead beyond the patch's end.
 */
function isEmpty({ kind, fields }: Described): boolean {
  return (
    kind === 'literal' ||
    (kind === 'object' && Object.values(fields as Described).every((of) => isEmpty(of as Described)))
  )
}

function isObject(value: unknown): value is Described {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
