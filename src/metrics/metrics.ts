import { AggregatorRegistry, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { CLOSE } from '../protocol/close-codes.ts'
import type { LoopDelay } from './loop-delay.ts'

/** The metrics of one process; the primary adds up those of all. */
export interface Metrics {
  readonly connections: Gauge<'namespace'>
  readonly eventsIn: Counter<'event_type'>
  readonly refusals: Counter<'code'>
  readonly eventsOut: Counter
  readonly deliveries: Counter
  readonly slowConsumers: Counter
  readonly skipped: Counter
  readonly drops: Counter
  readonly closes: Counter<'code'>
  readonly commits: Counter
  readonly commitSize: Histogram
  readonly commitSeconds: Histogram
  readonly purchases: Counter<'outcome'>
  readonly purchaseBatchSize: Histogram
  readonly purchasePlanSeconds: Histogram
  readonly purchaseCommitSeconds: Histogram
  readonly purchaseRetries: Counter
  readonly workerRestarts: Counter
  /** Registers a gauge that is read when somebody asks. */
  gauge(name: string, help: string, read: () => number): void
  /** What another process needs to add these up. */
  toJson(): Promise<unknown>
}

const SECONDS = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5]
const SIZES = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000]

/** @param processName `primary` or `worker-<number>`: a label where processes must not be added up */
export function createMetrics(processName: string, loopDelay: LoopDelay): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const counter = <Label extends string = string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Counter<Label>({ name: `drumbeat_${name}`, help, labelNames: [...labelNames], registers })
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name: `drumbeat_${name}`, help, buckets, registers })
  registerProcess(registry, processName, loopDelay)
  return {
    connections: new Gauge({
      name: 'drumbeat_connections',
      help: 'Open WebSocket connections.',
      labelNames: ['namespace'],
      registers,
    }),
    eventsIn: counter('events_in_total', 'Requests from clients, by event type.', ['event_type']),
    refusals: counter('refusals_total', 'Requests refused, by error code.', ['code']),
    eventsOut: counter('events_out_total', 'Events of the log that had somebody to go to, once per worker.'),
    deliveries: counter('deliveries_total', 'Events handed to sockets, once per socket.'),
    slowConsumers: counter('slow_consumers_total', 'Connections closed because they did not read.'),
    skipped: counter(
      'events_skipped_total',
      'Events of the class latest that newer ones took the place of, by socket.',
    ),
    drops: counter('drops_total', "Frames that uWS dropped because a socket's buffer was over its limit."),
    closes: counter('socket_closes_total', 'Connections that ended, by close code.', ['code']),
    commits: counter('commits_total', 'Batches of events committed to the log.'),
    commitSize: histogram('commit_events', 'Events in one commit.', SIZES),
    commitSeconds: histogram('commit_seconds', 'Duration of one commit.', SECONDS),
    purchases: counter('purchases_total', 'Purchases by outcome: receipt, replayed, or the error code.', ['outcome']),
    purchaseBatchSize: histogram('purchase_batch_requests', 'Purchases, credits and refunds decided together.', SIZES),
    purchasePlanSeconds: histogram(
      'purchase_plan_seconds',
      'A batch on a thread of the pool, waiting included.',
      SECONDS,
    ),
    purchaseCommitSeconds: histogram('purchase_commit_seconds', 'A batch on its way into the store.', SECONDS),
    purchaseRetries: counter(
      'purchase_retries_total',
      'Batches tried again: others changed what they were decided on (conflict), or a thread failed (thread).',
      ['why'],
    ),
    workerRestarts: counter('worker_restarts_total', 'Workers that died and were replaced.'),
    gauge(name, help, read) {
      registerGauge(registry, { name: `drumbeat_${name}`, help }, read)
    },
    toJson: () => registry.getMetricsAsJSON(),
  }
}

const OUR_CLOSE_CODES: ReadonlySet<number> = new Set(Object.values(CLOSE))

/** A client may send any of thousands of codes, and each would be a time series. 1000 to 1011 are RFC 6455's. */
export function closeLabel(code: number): string {
  return OUR_CLOSE_CODES.has(code) || (code >= 1000 && code <= 1011) ? String(code) : 'other'
}

/** Prometheus text of several processes' metrics, added up. */
export async function mergeMetrics(all: readonly unknown[]): Promise<{ contentType: string; text: string }> {
  // The types ask for objects where the code takes what `getMetricsAsJSON` gives.
  const merged = AggregatorRegistry.aggregate(all as object[][])
  return { contentType: merged.contentType, text: await merged.metrics() }
}

function registerProcess(registry: Registry, processName: string, loopDelay: LoopDelay): void {
  const label = { process: processName }
  const labelled = (name: string, help: string, read: () => number) =>
    registerGauge(registry, { name, help, label }, read)
  labelled(
    'drumbeat_event_loop_delay_p99_seconds',
    '99th percentile since the last look.',
    () => loopDelay.takeP99Ms() / 1000,
  )
  labelled('drumbeat_process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss())
  labelled('drumbeat_process_cpu_seconds', 'CPU time used, user and system.', () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  })
}

function registerGauge(
  registry: Registry,
  { name, help, label = {} }: { readonly name: string; readonly help: string; readonly label?: Record<string, string> },
  read: () => number,
): void {
  const gauge: Gauge = new Gauge({
    name,
    help,
    labelNames: Object.keys(label),
    registers: [registry],
    collect: () => {
      gauge.set(label, read())
    },
  })
}
