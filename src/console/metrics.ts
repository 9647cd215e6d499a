/** Parses the metrics in Prometheus text. Pure. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const PREFIX = 'drumbeat_'
const LINE = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/
const LABEL = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g

/** The metrics of one read of /metrics. */
export class Scrape {
  readonly #byName: Map<string, Sample[]> = new Map()
  readonly atMs: number

  /** @param atMs when it was read, by the monotonic clock */
  constructor(text: string, atMs: number) {
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
   * @param name the name of the metric, without `drumbeat_`
   * @returns an empty list if the server does not have the metric
   */
  samples(name: string): readonly Sample[] {
    return this.#byName.get(PREFIX + name) ?? []
  }

  /** Returns the sum over all labels, or null if the server does not have the metric. */
  total(name: string): number | null {
    const samples = this.samples(name)
    return samples.length === 0 ? null : samples.reduce((sum, { value }) => sum + value, 0)
  }

  /**
   * Returns sums by the values of a label.
   * @param where only samples with these labels count
   */
  sums(name: string, label: string, where: Readonly<Record<string, string>> = {}): Map<string, number> {
    const sums: Map<string, number> = new Map()
    const wanted = Object.entries(where)
    for (const { labels, value } of this.samples(name)) {
      const part = labels[label]
      if (part !== undefined && wanted.every(([key, only]) => labels[key] === only))
        sums.set(part, (sums.get(part) ?? 0) + value)
    }
    return sums
  }
}

function parseLabels(text: string) {
  const pairs = Array.from(text.matchAll(LABEL), ([, name = '', value = '']) => [name, unescape(value)] as const)
  return Object.fromEntries(pairs)
}

function unescape(value: string) {
  return value.includes('\\') ? value.replaceAll(/\\(.)/g, (_, char) => (char === 'n' ? '\n' : char)) : value
}
