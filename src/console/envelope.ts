/** Returns null if the text is not a JSON object. */
export function parseEnvelope(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, unknown> | null) : null
  } catch {
    // The user may send text that is not JSON. The server will refuse it.
    return null
  }
}

/** Encodes as JSON. Throws a RangeError for a number such as 1e400, which is parsed as Infinity and would be written as null. */
export function toJson(value: unknown, indent?: number): string {
  const checked = (key: string, field: unknown) => {
    if (typeof field !== 'number' || Number.isFinite(field)) return field
    throw new RangeError(`${key}: is a number that JSON cannot represent; nothing was sent`)
  }
  return JSON.stringify(value, checked, indent)
}
