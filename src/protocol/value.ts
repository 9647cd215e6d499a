import { badRequest, type Refusal } from './errors.ts'
import { FORBIDDEN_KEY } from './forbidden-key.ts'

export interface ValueLimits {
  /** The outermost value is at depth 1. */
  readonly depthMax: number
  /** How many keys and array elements the whole value may have. */
  readonly keysMax: number
}

/** What is wrong with a value, and where. */
export interface Violation {
  readonly message: string
  /** The innermost key comes first. */
  readonly path: (string | number)[]
}

/** Whether the text has more characters. A character is a code point, as in JSON Schema: one outside the BMP counts once. */
export function isLonger(text: string, charactersMax: number): boolean {
  return text.length > charactersMax && (text.length > 2 * charactersMax || Array.from(text).length > charactersMax)
}

/** Throws what `refusalOfValue` returns. */
export function checkValue(value: unknown, limits: ValueLimits): void {
  const refusal = refusalOfValue(value, limits)
  if (refusal) throw refusal
}

/**
 * Checks what a parser accepts and this server does not: values nested too deep, too many keys, a forbidden key, bytes (Socket.IO
 * puts them into values), and numbers that JSON cannot hold (1e400 parses to Infinity, which would arrive as null). Returns a
 * BAD_REQUEST with the path, or undefined if the value is fine.
 */
export function refusalOfValue(value: unknown, limits: ValueLimits): Refusal | undefined {
  const violation = new ValueWalk(limits).visit(value, 1)
  return violation && toRefusal(violation)
}

export function toRefusal({ message, path }: Violation): Refusal {
  return badRequest(joinPath(path), message)
}

/** Every frame passes here, so it allocates nothing unless something is wrong. */
class ValueWalk {
  readonly #limits: ValueLimits
  #keys = 0

  constructor(limits: ValueLimits) {
    this.#limits = limits
  }

  visit(node: unknown, depth: number): Violation | undefined {
    if (typeof node === 'number') {
      return Number.isFinite(node) ? undefined : { message: 'is not a finite number', path: [] }
    }
    if (typeof node !== 'object' || node === null) return undefined
    if (depth > this.#limits.depthMax) {
      return { message: `is nested deeper than ${this.#limits.depthMax}`, path: [] }
    }
    if (ArrayBuffer.isView(node)) return { message: 'is bytes, which JSON has no value for', path: [] }
    return Array.isArray(node) ? this.#visitArray(node, depth) : this.#visitObject(node, depth)
  }

  #visitArray(node: readonly unknown[], depth: number): Violation | undefined {
    this.#keys += node.length
    if (this.#keys > this.#limits.keysMax) return this.#tooManyKeys()
    for (let i = 0; i < node.length; i++) {
      const violation = this.visit(node[i], depth + 1)
      if (violation) return within(violation, i)
    }
    return undefined
  }

  #visitObject(node: object, depth: number): Violation | undefined {
    for (const key in node) {
      if (++this.#keys > this.#limits.keysMax) return this.#tooManyKeys()
      if (key === FORBIDDEN_KEY) return { message: 'is a forbidden key', path: [key] }
      const violation = this.visit(node[key as keyof typeof node], depth + 1)
      if (violation) return within(violation, key)
    }
    return undefined
  }

  #tooManyKeys(): Violation {
    return { message: `more than ${this.#limits.keysMax} keys and elements in one frame`, path: [] }
  }
}

/** The same violation, with one more key around its path. */
export function within(violation: Violation, key: string | number): Violation {
  violation.path.push(key)
  return violation
}

function joinPath(insideOut: readonly (string | number)[]): string {
  let path = ''
  for (const part of [...insideOut].reverse()) {
    if (typeof part === 'number') path += `[${part}]`
    else path += path === '' ? part : `.${part}`
  }
  return path
}
