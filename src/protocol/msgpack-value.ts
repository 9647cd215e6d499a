/** What msgpackr writes as an integer by itself. */
const INTEGER_MIN = -(2 ** 31)
const INTEGER_MAX = 2 ** 32 - 1

/**
 * A copy of the value for msgpack. Integers of more than 32 bits (times, offsets) become bigints: msgpackr writes those as integers and
 * others as floats, which strict readers of Go and Rust refuse where an integer is due. Lone surrogates become U+FFFD, in keys too: JSON can
 * carry one (as an escape), msgpack cannot, as its strings are UTF-8. As deep as the value is: for what has passed the limits.
 */
export function toMsgpackValue(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value === 'number') return isWide(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(toMsgpackValue)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key.toWellFormed(), toMsgpackValue(field)]))
}

/** The same for the integers alone, in place: for a value that nobody else has, and that holds no lone surrogate. */
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
