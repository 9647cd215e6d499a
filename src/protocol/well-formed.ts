/**
 * The value with U+FFFD in place of every lone surrogate, in keys too. JSON can carry one (as an escape), msgpack cannot:
 * its strings are UTF-8. As deep as the value is: for what has passed the limits.
 */
export function toWellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (Array.isArray(value)) return value.map(toWellFormed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key.toWellFormed(), toWellFormed(field)]))
}
