/**
 * Prometheus text, parsed once. Pure.
 * @typedef {{ labels: Readonly<Record<string, string>>, value: number }} Sample
 */

const PREFIX = 'drumbeat_'
const LINE = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/
const LABEL = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g

/** One look at /metrics. */
export class Scrape {
  /** @type {Map<string, Sample[]>} */
  #byName = new Map()

  /**
   * @param {string} text
   * @param {number} atMs monotonic
   */
  constructor(text, atMs) {
    this.atMs = atMs
    for (const line of text.split('\n')) {
      if (line.startsWith('#')) continue
      const [, name, labels = '', value] = LINE.exec(line) ?? []
      if (name === undefined || value === undefined) continue
      const samples = this.#byName.get(name) ?? []
      samples.push({ labels: parseLabels(labels), value: Number(value) })
      this.#byName.set(name, samples)
    }
  }

  /**
   * @param {string} name without `drumbeat_`
   * @returns {readonly Sample[]} empty: the server does not have it
   */
  samples(name) {
    return this.#byName.get(PREFIX + name) ?? []
  }

  /**
   * @param {string} name
   * @returns {number | null} over all label sets; null: the server does not have it
   */
  total(name) {
    const samples = this.samples(name)
    return samples.length === 0 ? null : samples.reduce((sum, { value }) => sum + value, 0)
  }

  /**
   * @param {string} name
   * @param {string} label
   * @returns {Map<string, number>} sums by the values of this label
   */
  sums(name, label) {
    /** @type {Map<string, number>} */
    const sums = new Map()
    for (const { labels, value } of this.samples(name)) {
      const part = labels[label]
      if (part !== undefined) sums.set(part, (sums.get(part) ?? 0) + value)
    }
    return sums
  }
}

/** @param {string} text */
function parseLabels(text) {
  const pairs = Array.from(text.matchAll(LABEL), ([, name = '', value = '']) => [name, unescape(value)])
  return Object.fromEntries(pairs)
}

/** @param {string} value */
function unescape(value) {
  return value.includes('\\') ? value.replaceAll(/\\(.)/g, (_, char) => (char === 'n' ? '\n' : char)) : value
}
