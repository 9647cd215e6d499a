/** Numbers as people read them. Pure. */

/**
 * @param {number} value
 * @param {number} digits behind the point
 */
function fixed(value, digits) {
  return value.toLocaleString(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** @param {number} value */
export function countText(value) {
  if (value >= 1e6) return `${fixed(value / 1e6, value < 1e7 ? 2 : 1)} M`
  return fixed(value, Number.isInteger(value) || value >= 100 ? 0 : 1)
}

/** @param {number} value */
export function perSecondText(value) {
  return `${countText(value)}/s`
}

/** @param {number} ms */
export function msText(ms) {
  return `${fixed(ms, Number.isInteger(ms) || ms >= 100 ? 0 : ms < 1 ? 2 : 1)} ms`
}

/** @param {number} percent */
export function percentText(percent) {
  return `${fixed(percent, Number.isInteger(percent) || percent >= 10 ? 0 : 1)} %`
}

const BYTES = /** @type {const} */ (['B', 'kB', 'MB', 'GB', 'TB'])

/** @param {number} bytes */
export function bytesText(bytes) {
  const power = bytes < 1_000 ? 0 : Math.min(BYTES.length - 1, Math.floor(Math.log10(bytes) / 3))
  const value = bytes / 1_000 ** power
  return `${fixed(value, Number.isInteger(value) || value >= 100 ? 0 : 1)} ${BYTES[power]}`
}

/** @param {number} ms */
export function durationText(ms) {
  const s = Math.max(0, Math.floor(ms / 1_000))
  if (s < 60) return `${s} s`
  if (s < 3_600) return `${Math.floor(s / 60)} min`
  if (s < 86_400) return `${Math.floor(s / 3_600)} h ${Math.floor((s % 3_600) / 60)} min`
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3_600)} h`
}

const MOMENT = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})

/** @param {number} ms Unix time */
export function momentText(ms) {
  return MOMENT.format(new Date(ms))
}
