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
