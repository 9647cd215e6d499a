import type { Scrape } from './metrics.ts'

/** Computes the values that are plotted from the last two reads of /metrics. Pure. */

export interface Look {
  readonly now: Scrape
  /** Null if there was no read shortly before. */
  readonly before: Scrape | null
}

/** Values by the name of the series. Null if the value is not known. */
export type Values = ReadonlyMap<string, number | null>
export type Reading = (look: Look) => Values

/** Reads the values of a gauge. @param label the label whose values name the series */
export function gaugeBy(name: string, label: string, scale: number = 1): Reading {
  return ({ now }) => new Map(Array.from(now.sums(name, label), ([part, value]) => [part, value * scale]))
}

/** Reads several gauges. @param names metrics by the name of their series */
export function gauges(names: Readonly<Record<string, string>>): Reading {
  return ({ now }) => new Map(Object.entries(names).map(([series, name]) => [series, now.total(name)]))
}

/**
 * @param names counters by the name of their series
 * @returns per second
 */
export function rates(names: Readonly<Record<string, string>>): Reading {
  return ({ now, before }) =>
    new Map(
      Object.entries(names).map(([series, name]) => {
        return [series, before === null ? null : rateOf(before.total(name), now.total(name), now.atMs - before.atMs)]
      }),
    )
}

/**
 * @param name a counter
 * @param label its values are the series
 * @returns per second
 */
export function rateBy(name: string, label: string, scale: number = 1): Reading {
  return ({ now, before }) => {
    const earlier = before?.sums(name, label)
    return new Map(
      Array.from(now.sums(name, label), ([part, value]) => {
        if (before === null || earlier === undefined) return [part, null]
        // A counter with a new label has counted from zero.
        const rate = rateOf(earlier.get(part) ?? 0, value, now.atMs - before.atMs)
        return [part, rate === null ? null : rate * scale]
      }),
    )
  }
}

/**
 * @param name a histogram
 * @param shares quantiles from 0 to 1, by the name of their series
 * @param where only observations with these labels count
 * @returns the quantiles of the observations between the two reads, or null if there were none
 */
export function quantiles(
  name: string,
  shares: Readonly<Record<string, number>>,
  scale: number = 1,
  where: Readonly<Record<string, string>> = {},
): Reading {
  return ({ now, before }) => {
    const bucketsOf = (scrape: Scrape) => scrape.sums(`${name}_bucket`, 'le', where)
    const counts = before === null ? [] : differences(bucketsOf(now), bucketsOf(before))
    return new Map(
      Object.entries(shares).map(([series, share]) => {
        const value = quantileOf(counts, share)
        return [series, value === null ? null : value * scale]
      }),
    )
  }
}

/**
 * Computes the rate of a counter. If the counter went down, its process was restarted, so the rate is not known.
 * @returns per second
 */
function rateOf(before: number | null, now: number | null, elapsedMs: number): number | null {
  if (before === null || now === null || now < before || elapsedMs <= 0) return null
  return ((now - before) * 1_000) / elapsedMs
}

/** Returns how much each bucket has grown between two reads, in order. Buckets are cumulative, as in Prometheus. */
function differences(
  now: ReadonlyMap<string, number>,
  before: ReadonlyMap<string, number>,
): ReadonlyArray<readonly [upTo: number, count: number]> {
  return Array.from(now, ([le, count]) => {
    return [le === '+Inf' ? Infinity : Number(le), count - (before.get(le) ?? 0)] as const
  }).sort(([one], [other]) => one - other)
}

/**
 * Computes a quantile. Observations count as evenly spread within their bucket, as in Prometheus' `histogram_quantile`.
 * @param buckets cumulative buckets
 * @returns null if nothing was observed, or the counts went down
 */
export function quantileOf(
  buckets: ReadonlyArray<readonly [upTo: number, count: number]>,
  share: number,
): number | null {
  const total = buckets.at(-1)?.[1] ?? 0
  if (total <= 0 || buckets.some(([, count]) => count < 0)) return null
  const rank = share * total
  let [lower, below] = [0, 0]
  for (const [upTo, count] of buckets) {
    if (count >= rank) {
      if (upTo === Infinity) return lower
      return lower + (upTo - lower) * (count === below ? 1 : (rank - below) / (count - below))
    }
    lower = upTo
    below = count
  }
  return lower
}
