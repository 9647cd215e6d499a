/** Formats values of a state in one line. Pure. */

/** How many characters of a folded object or list are shown. */
const PREVIEW_CHARS = 60
const TEXT_CHARS = 200

export function isBranch(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Returns the text of a leaf, or of a branch its first entries or their number. @param isOpen whether its entries are shown below */
export function valueText(value: unknown, isOpen: boolean): string {
  if (!isBranch(value)) return leafText(value)
  const count = Array.isArray(value) ? value.length : Object.keys(value).length
  if (isOpen || count === 0) return Array.isArray(value) ? `[${count}]` : `{${count}}`
  return Array.isArray(value) ? `[${previewOf(value)}]` : `{ ${previewOf(value)} }`
}

function leafText(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined'
  return text.length > TEXT_CHARS ? `${text.slice(0, TEXT_CHARS)}…` : text
}

/** Returns the first entries as text. Reads no more of them than it shows. */
function previewOf(value: object): string {
  const parts: string[] = []
  let length = 0
  for (const key in value) {
    const entry: unknown = Reflect.get(value, key)
    const text = isBranch(entry) ? (Array.isArray(entry) ? '[…]' : '{…}') : leafText(entry)
    const part = Array.isArray(value) ? text : `${key}: ${text}`
    length += part.length + 2
    if (length > PREVIEW_CHARS && parts.length > 0) return [...parts, '…'].join(', ')
    parts.push(part)
  }
  return parts.join(', ')
}
