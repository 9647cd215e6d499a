/** Whether something grows, seen through noise. */
export interface Sample {
  readonly seconds: number
  readonly bytes: number
}

export interface Slope {
  readonly bytesPerHour: number
  /** Two standard errors: in 19 of 20 runs the true slope is no further away. */
  readonly noisePerHour: number
}

/** So many parts of the time give a value each. */
const BLOCKS = 30

/**
 * Least squares over the smallest value of each of 30 blocks of time: between two collections memory goes up and down, and what
 * leaks raises the floor. Neighbouring blocks resemble each other, which makes them worth less than as many independent ones:
 * the standard error is widened by their correlation, as for an autoregressive process of the first order.
 */
export function slopeOf(samples: readonly Sample[], blocks = BLOCKS): Slope {
  const floors = floorsOf(samples, blocks)
  const n = floors.length
  if (n < 3) throw new RangeError(`${samples.length} samples are too few for a slope`)
  const meanX = mean(floors.map(({ seconds }) => seconds))
  const meanY = mean(floors.map(({ bytes }) => bytes))
  const sumXx = sum(floors.map(({ seconds }) => (seconds - meanX) ** 2))
  const slope = sum(floors.map(({ seconds, bytes }) => (seconds - meanX) * (bytes - meanY))) / sumXx
  const rest = floors.map(({ seconds, bytes }) => bytes - meanY - slope * (seconds - meanX))
  const squares = sum(rest.map((value) => value ** 2))
  const lagged = sum(rest.slice(1).map((value, i) => value * (rest[i] ?? 0)))
  const correlation = squares === 0 ? 0 : Math.min(0.9, Math.max(0, lagged / squares))
  const widened = Math.sqrt((1 + correlation) / (1 - correlation))
  const error = Math.sqrt(squares / (n - 2) / sumXx) * widened
  return { bytesPerHour: slope * 3600, noisePerHour: 2 * error * 3600 }
}

/** A leak is shown where the slope is above what is allowed by more than its noise. */
export function isGrowing({ bytesPerHour, noisePerHour }: Slope, allowedPerHour: number): boolean {
  return bytesPerHour - noisePerHour > allowedPerHour
}

function floorsOf(samples: readonly Sample[], blocks: number): readonly Sample[] {
  const first = samples[0]?.seconds ?? 0
  const length = ((samples.at(-1)?.seconds ?? 0) - first) / blocks
  const groups = Map.groupBy(samples, ({ seconds }) => Math.min(blocks - 1, Math.floor((seconds - first) / length)))
  return [...groups.values()].map((group) => group.reduce((low, one) => (one.bytes < low.bytes ? one : low)))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length
}
