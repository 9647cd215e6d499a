/** Formats numbers for people. Pure. */

/** @param digits the number of digits after the point */
function fixed(value: number, digits: number) {
  return value.toLocaleString(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

export function countText(value: number) {
  if (value >= 1e6) return `${fixed(value / 1e6, value < 1e7 ? 2 : 1)} M`
  return fixed(value, Number.isInteger(value) || value >= 100 ? 0 : 1)
}

export function perSecondText(value: number) {
  return `${countText(value)}/s`
}

export function msText(ms: number) {
  return `${fixed(ms, Number.isInteger(ms) || ms >= 100 ? 0 : ms < 1 ? 2 : 1)} ms`
}

export function percentText(percent: number) {
  return `${fixed(percent, Number.isInteger(percent) || percent >= 10 ? 0 : 1)} %`
}

const BYTES = ['B', 'kB', 'MB', 'GB', 'TB'] as const

export function bytesText(bytes: number) {
  const power = bytes < 1_000 ? 0 : Math.min(BYTES.length - 1, Math.floor(Math.log10(bytes) / 3))
  const value = bytes / 1_000 ** power
  return `${fixed(value, Number.isInteger(value) || value >= 100 ? 0 : 1)} ${BYTES[power]}`
}

export function durationText(ms: number) {
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

/** @param ms Unix time in milliseconds */
export function momentText(ms: number) {
  return MOMENT.format(new Date(ms))
}
