/**
 * Prometheus text into the console's numbers. Pure.
 * @typedef {{ name: string, labels: Readonly<Record<string, string>>, value: number }} Sample
 * @typedef {{ total: number, by: ReadonlyMap<string, number> }} Sum over all label sets, and per value of one label
 */

const LINE = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/
const LABEL = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g

/**
 * @param {string} text
 * @returns {Sample[]}
 */
export function parseMetrics(text) {
  /** @type {Sample[]} */
  const samples = []
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) continue
    const [, name, labels = '', value] = LINE.exec(line.trim()) ?? []
    if (name !== undefined && value !== undefined)
      samples.push({ name, labels: parseLabels(labels), value: Number(value) })
  }
  return samples
}

/** @param {string} text */
function parseLabels(text) {
  const pairs = Array.from(text.matchAll(LABEL), ([, name = '', value = '']) => [name, unescape(value)])
  return Object.fromEntries(pairs)
}

/** @param {string} value */
function unescape(value) {
  return value.replaceAll(/\\(.)/g, (_, char) => (char === 'n' ? '\n' : char))
}

/**
 * @param {readonly Sample[]} samples
 * @param {string} name
 * @param {string} [label] to tell the parts by
 * @returns {Sum | null} null: the server does not have it
 */
export function sumOf(samples, name, label = '') {
  const found = samples.filter((sample) => sample.name === name && Number.isFinite(sample.value))
  if (found.length === 0) return null
  /** @type {Map<string, number>} */
  const by = new Map()
  for (const { labels, value } of found) {
    const part = labels[label]
    if (part !== undefined) by.set(part, (by.get(part) ?? 0) + value)
  }
  return { total: found.reduce((total, { value }) => total + value, 0), by }
}

/**
 * @param {readonly Sample[]} samples
 * @param {string} name
 * @returns {number | null} the largest: of loop delays the worst counts, not their sum
 */
export function maxOf(samples, name) {
  const values = samples.filter((sample) => sample.name === name).map(({ value }) => value)
  return values.length === 0 ? null : Math.max(...values)
}

/**
 * A counter's speed. A counter that went down was started anew, so that its speed is not known.
 * @param {number | undefined} before
 * @param {number | undefined} now
 * @param {number} elapsedMs
 * @returns {number | null} per second
 */
export function rateOf(before, now, elapsedMs) {
  if (before === undefined || now === undefined || now < before || elapsedMs <= 0) return null
  return ((now - before) * 1_000) / elapsedMs
}
