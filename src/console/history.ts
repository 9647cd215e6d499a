import type { Values } from './readings.ts'

export const HISTORY_S = 600

/** The last ten minutes of some series, with common times. Pure. */
export class History {
  /** Unix times in seconds, oldest first. */
  times: number[] = []
  /** Values by the name of the series. Each column is as long as `times`. */
  readonly #series: Map<string, Array<number | null>> = new Map()

  /** @param values the value of each series; a series without one has a gap at this time */
  add(atS: number, values: Values) {
    for (const name of values.keys()) {
      if (!this.#series.has(name))
        this.#series.set(
          name,
          Array.from(this.times, () => null),
        )
    }
    this.times.push(atS)
    for (const [name, column] of this.#series) column.push(values.get(name) ?? null)
    const old = this.times.findIndex((time) => time >= atS - HISTORY_S)
    if (old <= 0) return
    this.times.splice(0, old)
    for (const [name, column] of this.#series) {
      column.splice(0, old)
      if (column.every((value) => value === null)) this.#series.delete(name)
    }
  }

  get series(): ReadonlyMap<string, ReadonlyArray<number | null>> {
    return this.#series
  }
}

/**
 * Returns at most `max` series: those with the largest values in the visible time, and one more that stands for all others.
 * @param options isBusyOnly: leaves out series that are always zero; isWorst: the others are shown by their largest value, not by
 *   their sum
 * @returns columns by the name of the series
 */
export function chooseSeries(
  series: ReadonlyMap<string, ReadonlyArray<number | null>>,
  { max, isBusyOnly, isWorst }: { max: number; isBusyOnly: boolean; isWorst: boolean },
): Map<string, ReadonlyArray<number | null>> {
  const all = Array.from(series, ([name, column]) => {
    return { name, column, weight: column.reduce((sum: number, value) => sum + (value ?? 0), 0) }
  }).filter(({ weight }) => weight > 0 || !isBusyOnly)
  const byWeight = all.toSorted((one, other) => other.weight - one.weight)
  const shown = byWeight.length <= max ? byWeight : byWeight.slice(0, max - 1)
  const rest = byWeight.slice(shown.length).map(({ column }) => column)
  const [first] = rest
  const chosen = shown
    .toSorted((one, other) => one.name.localeCompare(other.name, undefined, { numeric: true }))
    .map(({ name, column }) => [name, column] as const)
  if (first === undefined) return new Map(chosen)
  const others = first.map((_, i) => {
    const values = rest.map((column) => column[i] ?? null).filter((value) => value !== null)
    if (values.length === 0) return null
    return isWorst ? Math.max(...values) : values.reduce((sum, value) => sum + value, 0)
  })
  return new Map([...chosen, [`${rest.length} others`, others]])
}
