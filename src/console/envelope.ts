/** Returns null for what is no JSON object. */
export function parseEnvelope(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, unknown> | null) : null
  } catch {
    // It is the person's right to send what is not JSON: the server refuses it.
    return null
  }
}

/** JSON, or a RangeError: a number like 1e400 is read as Infinity, and would be written as null. */
export function toJson(value: unknown, indent?: number): string {
  const checked = (key: string, field: unknown) => {
    if (typeof field !== 'number' || Number.isFinite(field)) return field
    throw new RangeError(`${key}: is a number beyond those of JSON; nothing was sent`)
  }
  return JSON.stringify(value, checked, indent)
}
