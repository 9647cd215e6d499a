import { AggregatorRegistry, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { readHeap } from '../base/heap.ts'
import { standardOutput } from '../base/line-output.ts'
import { CLOSE } from '../protocol/close-codes.ts'
import type { MetricAbout } from './about.ts'
import { METRICS } from './catalog.ts'
import type { LoopDelay } from './loop-delay.ts'

type LabelOf<About> = About extends { readonly labels: readonly (infer Label extends string)[] } ? Label : never
type InstrumentOf<About extends MetricAbout> = About['type'] extends 'counter'
  ? Counter<LabelOf<About>>
  : About['type'] extends 'histogram'
    ? Histogram<LabelOf<About>>
    : Gauge<LabelOf<About>>

type Instruments = { readonly [Key in keyof typeof METRICS]: InstrumentOf<(typeof METRICS)[Key]> }
type Readable = { [Key in keyof Instruments]: Instruments[Key] extends Histogram ? never : Key }[keyof Instruments]
type Labels = Readonly<Record<string, string>>

/** The metrics of one process. The primary adds up those of all processes. */
export interface Metrics extends Instruments {
  /** For values that are counted elsewhere: `read` is called for each scrape. For a counter it returns the total. */
  readonly readWhenAsked: (key: Readable, read: () => number | readonly (readonly [Labels, number])[]) => void
  /** `primary`, `worker-<number>` or `host-<number>`. Metrics that must not be added up over processes have it as a label. */
  readonly process: string
  /** The form in which another process can add these up. */
  readonly toJson: () => Promise<unknown>
}

export function createMetrics(process: string, loopDelay: LoopDelay): Metrics {
  const registry = new Registry()
  const instruments = createInstruments(registry)
  const readers: (() => void)[] = []
  const metrics: Metrics = {
    ...instruments,
    process,
    readWhenAsked: (key, read) => {
      const instrument: Counter | Gauge = instruments[key]
      readers.push(() => {
        const now = read()
        instrument.reset()
        for (const [labels, value] of typeof now === 'number' ? [[{}, now] as const] : now)
          instrument.inc(labels, value)
      })
    },
    toJson: () => {
      for (const read of readers) read()
      return registry.getMetricsAsJSON()
    },
  }
  readProcess(metrics, loopDelay)
  return metrics
}

function createInstruments(registry: Registry): Instruments {
  const made = Object.entries<MetricAbout>(METRICS).map(([key, about]) => [key, createInstrument(about, registry)])
  return Object.fromEntries(made) as Instruments
}

function createInstrument(about: MetricAbout, registry: Registry): Counter | Gauge | Histogram {
  const { type, name, help, labels = [], buckets = [], startsWith = [] } = about
  const configuration = { name: `drumbeat_${name}`, help, labelNames: [...labels], registers: [registry] }
  if (type === 'histogram') return new Histogram({ ...configuration, buckets: [...buckets] })
  const instrument = type === 'counter' ? new Counter(configuration) : new Gauge(configuration)
  const [label = ''] = labels
  for (const value of startsWith) instrument.inc({ [label]: value }, 0)
  return instrument
}

function readProcess({ process: name, readWhenAsked }: Metrics, loopDelay: LoopDelay): void {
  const label = { process: name }
  const started = performance.timeOrigin / 1000
  readWhenAsked('loopDelay', () => [[label, loopDelay.p99Ms() / 1000]])
  readWhenAsked('residentBytes', () => [[label, process.memoryUsage.rss()]])
  readWhenAsked('heapBytes', () => [[label, readHeap().usedBytes]])
  readWhenAsked('externalBytes', () => [[label, process.memoryUsage().external]])
  readWhenAsked('logLinesLost', () => standardOutput().lost)
  readWhenAsked('startTime', () => [[label, started]])
  readWhenAsked('cpuSeconds', () => {
    const { user, system } = process.cpuUsage()
    return [[label, (user + system) / 1e6]]
  })
}

const OUR_CLOSE_CODES: ReadonlySet<number> = new Set(Object.values(CLOSE))

/**
 * A client may close with any of thousands of codes, and each one would be a time series of its own. 1000 to 1011 are those of
 * RFC 6455.
 */
export function closeLabel(code: number): string {
  return OUR_CLOSE_CODES.has(code) || (code >= 1000 && code <= 1011) ? String(code) : 'other'
}

/** Adds up the metrics of several processes, as Prometheus text. */
export async function mergeMetrics(all: readonly unknown[]): Promise<{ contentType: string; text: string }> {
  // The types ask for objects, but the code accepts what `getMetricsAsJSON` returns.
  const merged = AggregatorRegistry.aggregate(all as object[][])
  return { contentType: merged.contentType, text: await merged.metrics() }
}

interface JsonMetric {
  readonly type: string
  readonly values: readonly { readonly labels: Labels }[]
}

/** What to keep of the metrics of a process that has ended: its counts, except those that have its name as a label. */
export function keepCounts(json: unknown): unknown {
  return (json as readonly JsonMetric[]).filter(
    ({ type, values }) => type !== 'gauge' && !values.some(({ labels }) => 'process' in labels),
  )
}

/** Adds up the counts of several processes. */
export function addUpCounts(all: readonly unknown[]): Promise<unknown> {
  return AggregatorRegistry.aggregate(all as object[][]).getMetricsAsJSON()
}
