/** A value does not fit its type. `path` is its place, such as `ships.alice.x`; it is empty for the value itself. */
export class TypeFault extends Error {
  override readonly name = 'TypeFault'
  readonly reason: string
  path = ''

  constructor(reason: string) {
    super(reason)
    this.reason = reason
  }

  /** Adds the key under which the value was found to the front of the path. */
  under(key: string | number): this {
    this.path = this.path === '' ? String(key) : `${key}.${this.path}`
    this.message = `${this.path}: ${this.reason}`
    return this
  }
}

/** Rethrows an error of a part of a value, with the part's key added to its path. */
export function rethrowUnder(key: string | number, error: unknown): never {
  throw error instanceof TypeFault ? error.under(key) : error
}

const SHOWN_MAX = 40

/** Names a value in an error message. */
export function shown(value: unknown): string {
  if (typeof value === 'string') {
    return value.length > SHOWN_MAX ? `text of ${value.length} units` : JSON.stringify(value)
  }
  if (typeof value === 'bigint') return 'a bigint'
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'symbol') return 'a symbol'
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : String(value)
  if (Array.isArray(value)) return 'an array'
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return 'an object'
  const { constructor } = value
  const name = typeof constructor === 'function' ? constructor.name : ''
  return name === '' ? 'an instance of a class' : `an instance of ${name.slice(0, SHOWN_MAX)}`
}
