import { FORBIDDEN_KEY } from '../protocol/value.ts'
import { DrumbeatError } from './errors.ts'

/** No server takes more levels (its MAX_JSON_DEPTH goes up to this), and the stack has room for them. */
const DEPTH_MAX = 256
const LONE_SURROGATE = /\p{Surrogate}/u

/**
 * A copy of what is to be sent, as it is now, with only what JSON can say: so it arrives equal in value to what was given, in either
 * encoding. Properties that are undefined are left out. Throws BAD_REQUEST, with the path, for everything that would arrive as
 * something else, or not at all: NaN, functions, bigints, dates, maps, bytes, holes in arrays, half of a surrogate pair, cycles.
 */
export function toSendable<T>(value: T): T {
  return new Copier().copy(value) as T
}

class Copier {
  readonly #path: (string | number)[] = []
  /** The objects that the value is in. */
  readonly #around: object[] = []

  copy(value: unknown): unknown {
    if (value === null || typeof value === 'boolean') return value
    if (typeof value === 'object') return this.#object(value)
    if (typeof value === 'string') return this.#text(value)
    if (typeof value === 'number' && Number.isFinite(value)) return value
    const what = typeof value === 'number' || value === undefined ? String(value) : `a ${typeof value}`
    throw this.#refusal(`is ${what}, which JSON has no value for`)
  }

  #text(value: string): string {
    if (LONE_SURROGATE.test(value)) throw this.#refusal('holds half of a surrogate pair (a cut emoji)')
    return value
  }

  #object(value: object): unknown {
    if (this.#around.includes(value)) throw this.#refusal('is an object that it stands in itself: a cycle')
    if (this.#around.length >= DEPTH_MAX) throw this.#refusal(`is nested deeper than ${DEPTH_MAX}`)
    this.#around.push(value)
    const copy = Array.isArray(value) ? this.#array(value) : this.#record(value)
    this.#around.pop()
    return copy
  }

  /** Also its holes are looked at. */
  #array(value: readonly unknown[]): unknown[] {
    return Array.from(value, (element, index) => this.#at(index, element))
  }

  #record(value: object): Record<string, unknown> {
    const kind = Object.prototype.toString.call(value).slice('[object '.length, -1)
    if (kind !== 'Object') throw this.#refusal(`is a ${kind}, which JSON has no value for`)
    if ('toJSON' in value && typeof value.toJSON === 'function') {
      throw this.#refusal('has a method toJSON: give what that returns')
    }
    const copy: Record<string, unknown> = {}
    for (const [key, field] of Object.entries(value)) {
      if (key === FORBIDDEN_KEY || LONE_SURROGATE.test(key))
        throw this.#refusal(`has the key ${key}, which cannot be sent`)
      if (field !== undefined) copy[key] = this.#at(key, field)
    }
    return copy
  }

  #at(key: string | number, value: unknown): unknown {
    this.#path.push(key)
    const copy = this.copy(value)
    this.#path.pop()
    return copy
  }

  #refusal(message: string): DrumbeatError {
    const path = this.#path.reduce<string>((before, key) => {
      if (typeof key === 'number') return `${before}[${key}]`
      return before === '' ? key : `${before}.${key}`
    }, '')
    return new DrumbeatError('BAD_REQUEST', `${path}: ${message}`, { path })
  }
}
