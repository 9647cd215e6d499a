/** The range of integers that msgpackr writes as integers by itself. */
const INTEGER_MIN = -(2 ** 31)
const INTEGER_MAX = 2 ** 32 - 1

/**
 * Copies a value for msgpack. Integers of more than 32 bits (times, offsets) become bigints, because msgpackr writes other large
 * integers as floats, which strict readers of Go and Rust refuse in place of an integer. Lone surrogates become U+FFFD, in keys
 * too: JSON can hold one (as an escape), but a msgpack string is UTF-8. Recurses as deep as the value goes, so the value must
 * have passed the limits.
 */
export function toMsgpackValue(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value === 'number') return isWide(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(toMsgpackValue)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key.toWellFormed(), toMsgpackValue(field)]))
}

/**
 * Does for the integers what `toMsgpackValue` does, in place. The value must belong to the caller alone, and hold no lone
 * surrogate.
 */
export function widenIntegers(value: Record<string, unknown>): void {
  for (const key in value) {
    const field = value[key]
    if (typeof field === 'number') {
      if (isWide(field)) value[key] = BigInt(field)
    } else if (typeof field === 'object' && field !== null) widenIntegers(field as Record<string, unknown>)
  }
}

function isWide(value: number): boolean {
  return (value > INTEGER_MAX || value < INTEGER_MIN) && Number.isSafeInteger(value)
}
