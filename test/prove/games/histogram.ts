import type { TestServer } from '../../helpers/server.ts'

/** A histogram of Prometheus, all its labels added up: how many were at most `le`, in ascending order of it. */
export type Buckets = readonly { readonly le: number; readonly count: number }[]

export async function readBuckets(server: TestServer, name: string): Promise<Buckets> {
  return parseBuckets(await (await fetch(`${server.url}/metrics`)).text(), name)
}

export function parseBuckets(text: string, name: string): Buckets {
  const counts = new Map<number, number>()
  for (const line of text.split('\n')) {
    if (!line.startsWith(`${name}_bucket{`)) continue
    const le = Number(/le="([^"]+)"/.exec(line)?.[1]?.replace('+Inf', 'Infinity'))
    counts.set(le, (counts.get(le) ?? 0) + Number(line.split(' ').at(-1)))
  }
  return [...counts].sort(([a], [b]) => a - b).map(([le, count]) => ({ le, count }))
}

/** What came between two readings. */
export function between(before: Buckets, after: Buckets): Buckets {
  const was = new Map(before.map(({ le, count }) => [le, count]))
  return after.map(({ le, count }) => ({ le, count: count - (was.get(le) ?? 0) }))
}

/** The value that so large a share is at most, as if evenly spread within a bucket. NaN where nothing was counted. */
export function quantileOf(buckets: Buckets, share: number): number {
  const wanted = (buckets.at(-1)?.count ?? 0) * share
  if (wanted === 0) return NaN
  let [from, below] = [0, 0]
  for (const { le, count } of buckets) {
    if (count >= wanted) return le === Infinity ? from : from + ((le - from) * (wanted - below)) / (count - below)
    ;[from, below] = [le, count]
  }
  return from
}
