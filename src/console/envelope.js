/**
 * @param {string} text
 * @returns {Record<string, any> | null} null: not a JSON object
 */
export function parseEnvelope(text) {
  try {
    const value = JSON.parse(text)
    return typeof value === 'object' && !Array.isArray(value) ? value : null
  } catch {
    // It is the person's right to send what is not JSON: the server refuses it.
    return null
  }
}

/**
 * JSON, or a RangeError: a number like 1e400 is read as Infinity, and would be written as null.
 * @param {unknown} value
 * @param {number} [indent]
 * @returns {string}
 */
export function toJson(value, indent) {
  const checked = (/** @type {string} */ key, /** @type {unknown} */ field) => {
    if (typeof field !== 'number' || Number.isFinite(field)) return field
    throw new RangeError(`${key}: is a number beyond those of JSON; nothing was sent`)
  }
  return JSON.stringify(value, checked, indent)
}
