import { isForbiddenKey, isWellFormed } from '../games/limits.ts'
import { DrumbeatError } from './errors.ts'
import { SENT_DEPTH_MAX } from './limits.ts'

/**
 * Copies an envelope as it is now, restricted to what JSON can express, so that in either encoding the server gets a value equal
 * to the given one. Properties that are undefined are left out. Throws BAD_REQUEST with the path for everything that would be
 * changed or lost: NaN, functions, bigints, dates, maps, bytes, holes in arrays, half of a surrogate pair, cycles.
 */
export function toSendable<T extends object>(envelope: T): T {
  const path: (string | number)[] = []
  /** The objects that contain the current value. */
  const around: object[] = []

  function refuse(message: string): never {
    const place = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('')
    throw new DrumbeatError('BAD_REQUEST', `${place.slice(1)}: ${message}`, { path: place.slice(1) })
  }

  function copy(value: unknown): unknown {
    if (value === null || typeof value === 'boolean' || Number.isFinite(value)) return value
    if (typeof value === 'string') {
      return isWellFormed(value) ? value : refuse('holds half of a surrogate pair (a cut emoji)')
    }
    if (typeof value !== 'object') refuse(`JSON has no value for ${typeof value === 'number' ? value : typeof value}`)
    if (around.includes(value)) refuse('contains itself (a cycle)')
    if (around.length === SENT_DEPTH_MAX) refuse(`is nested deeper than ${SENT_DEPTH_MAX}`)
    around.push(value)
    // `Array.from` visits the holes of an array, too.
    const copied = Array.isArray(value) ? Array.from(value, (element, i) => at(i, element)) : copyFields(value)
    around.pop()
    return copied
  }

  function copyFields(value: object): object {
    const kind = Object.prototype.toString.call(value).slice('[object '.length, -1)
    if (kind !== 'Object') refuse(`JSON has no value for ${kind}`)
    if ('toJSON' in value && typeof value.toJSON === 'function') refuse('has a method toJSON: pass its result instead')
    const copied: Record<string, unknown> = {}
    for (const [key, field] of Object.entries(value)) {
      if (isForbiddenKey(key) || !isWellFormed(key)) refuse(`has the key ${key}, which cannot be sent`)
      if (field !== undefined) copied[key] = at(key, field)
    }
    return copied
  }

  function at(key: string | number, value: unknown): unknown {
    path.push(key)
    const copied = copy(value)
    path.pop()
    return copied
  }

  return copy(envelope) as T
}
