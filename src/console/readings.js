/**
 * From two looks at /metrics to what is plotted. Pure.
 * @typedef {import('./metrics.js').Scrape} Scrape
 * @typedef {{ now: Scrape, before: Scrape | null }} Look before: null where nothing was seen right before
 * @typedef {ReadonlyMap<string, number | null>} Values by the name of the series; null: not known
 * @typedef {(look: Look) => Values} Reading
 */

/**
 * @param {string} name
 * @param {string} label its values are the series
 * @param {number} [scale]
 * @returns {Reading}
 */
export function gaugeBy(name, label, scale = 1) {
  return ({ now }) => new Map(Array.from(now.sums(name, label), ([part, value]) => [part, value * scale]))
}

/**
 * @param {Readonly<Record<string, string>>} names metrics by the name of their series
 * @returns {Reading}
 */
export function gauges(names) {
  return ({ now }) => new Map(Object.entries(names).map(([series, name]) => [series, now.total(name)]))
}

/**
 * @param {Readonly<Record<string, string>>} names counters by the name of their series
 * @returns {Reading} per second
 */
export function rates(names) {
  return ({ now, before }) =>
    new Map(
      Object.entries(names).map(([series, name]) => {
        return [series, before === null ? null : rateOf(before.total(name), now.total(name), now.atMs - before.atMs)]
      }),
    )
}

/**
 * @param {string} name a counter
 * @param {string} label its values are the series
 * @param {number} [scale]
 * @returns {Reading} per second
 */
export function rateBy(name, label, scale = 1) {
  return ({ now, before }) => {
    const earlier = before?.sums(name, label)
    return new Map(
      Array.from(now.sums(name, label), ([part, value]) => {
        if (before === null || earlier === undefined) return [part, null]
        // A label that is new has counted from zero.
        const rate = rateOf(earlier.get(part) ?? 0, value, now.atMs - before.atMs)
        return [part, rate === null ? null : rate * scale]
      }),
    )
  }
}

/**
 * @param {string} name a histogram
 * @param {Readonly<Record<string, number>>} shares 0 to 1, by the name of their series
 * @param {number} [scale]
 * @returns {Reading} of what was observed between the two looks; null where that is nothing
 */
export function quantiles(name, shares, scale = 1) {
  return ({ now, before }) => {
    const counts = before === null ? [] : bucketDifferences(now, before, name)
    return new Map(
      Object.entries(shares).map(([series, share]) => {
        const value = quantileOf(counts, share)
        return [series, value === null ? null : value * scale]
      }),
    )
  }
}

/**
 * A counter's speed. One that went down was started anew, so that its speed is not known.
 * @param {number | null} before
 * @param {number | null} now
 * @param {number} elapsedMs
 * @returns {number | null} per second
 */
function rateOf(before, now, elapsedMs) {
  if (before === null || now === null || now < before || elapsedMs <= 0) return null
  return ((now - before) * 1_000) / elapsedMs
}

/**
 * @param {Scrape} now
 * @param {Scrape} before
 * @param {string} name
 * @returns {ReadonlyArray<readonly [upTo: number, count: number]>} cumulative, as Prometheus has them, in order
 */
function bucketDifferences(now, before, name) {
  const earlier = before.sums(`${name}_bucket`, 'le')
  return Array.from(now.sums(`${name}_bucket`, 'le'), ([le, count]) => {
    return /** @type {const} */ ([le === '+Inf' ? Infinity : Number(le), count - (earlier.get(le) ?? 0)])
  }).sort(([one], [other]) => one - other)
}

/**
 * Evenly spread within its bucket, as Prometheus' `histogram_quantile` has it.
 * @param {ReadonlyArray<readonly [upTo: number, count: number]>} buckets cumulative
 * @param {number} share
 * @returns {number | null} null: nothing was observed, or the counts went down
 */
export function quantileOf(buckets, share) {
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
