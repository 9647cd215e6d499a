import { isWellFormed } from './well-formed.ts'
import { within, type Violation } from './violation.ts'

const INTEGER = /^-?\d+$/
/** Stands in a value for an integer that was rounded. */
const ROUNDED = Symbol('rounded')

/** Finds text that UTF-8 cannot hold, in values and keys. JSON has it only as an escape. */
export function findHalfPair(value: unknown): Violation | undefined {
  const isHalf = (node: unknown) => typeof node === 'string' && !isWellFormed(node)
  return find(value, isHalf, 'holds half of a surrogate pair (a cut emoji)')
}

/**
 * Finds an integer that `JSON.parse` takes for another one. It reads the text once more, so call it only if there is a number that
 * large.
 * @param text valid JSON, not nested too deep
 */
export function findRounded(text: string): Violation | undefined {
  const isRounded = (node: unknown) => node === ROUNDED
  return find(JSON.parse(text, mark), isRounded, 'is an integer beyond 2^53 - 1, which would arrive as another one')
}

/** `source` is the text of a number. The types of TypeScript do not have it yet. */
function mark(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  const source = context?.source ?? ''
  return INTEGER.test(source) && source !== String(value) ? ROUNDED : value
}

function find(value: unknown, isWrong: (node: unknown) => boolean, message: string): Violation | undefined {
  if (isWrong(value)) return { message, path: [] }
  if (typeof value !== 'object' || value === null) return undefined
  const entries = Array.isArray(value) ? value.entries() : Object.entries(value)
  for (const [key, inside] of entries) {
    const violation = isWrong(key) ? { message, path: [] } : find(inside, isWrong, message)
    if (violation) return within(violation, key)
  }
  return undefined
}
