import { diag, DiagLogLevel, type DiagLogger } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources'
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { createFineWall, type Clock } from '../base/clock.ts'
import { within } from '../base/delay.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Tracer } from '../base/trace.ts'
import { createChance } from './chance.ts'
import { bound, type DropReason } from './bounded.ts'
import { createTracer } from './tracer.ts'

export interface TracingOptions {
  /** The collector's address; `/v1/traces` is added. */
  readonly endpoint: string
  /** Sent with every export. */
  readonly headers: Readonly<Record<string, string>>
  /** The share, 0 to 1, of the requests without a traceparent that are traced. */
  readonly sampleRatio: number
  readonly version: string
  readonly node: string
  /** `primary` or `worker-<number>` */
  readonly process: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly onDropped: (reason: DropReason, spans: number) => void
}

export interface Tracing {
  readonly tracer: Tracer
  /** Exports what is left, for at most `withinMs`. Never rejects. */
  close(withinMs: number): Promise<void>
}

const EXPORT_TIMEOUT_MS = 10_000
/** One second more, so that the exporter gives up first. */
const BATCH_TIMEOUT_MS = EXPORT_TIMEOUT_MS + 1_000
const EXPORT_INTERVAL_MS = 1_000
const QUEUE_MAX = 4096
const BATCH_MAX = 512
/** How often a collector that cannot be reached is reported at most. */
const WARN_INTERVAL_MS = 60_000

/**
 * Exports sampled spans of this process over OTLP (HTTP, protobuf) in batches. If the collector does not answer, spans are lost
 * and nothing else.
 */
export function openTracing(options: TracingOptions): Tracing {
  const { version, node, process: name, clock, random, sampleRatio } = options
  const warn = createWarn(options)
  diag.setLogger(toDiagLogger(warn), DiagLogLevel.WARN)
  const exporter = new OTLPTraceExporter({
    url: `${options.endpoint.replace(/\/+$/, '')}/v1/traces`,
    headers: { ...options.headers },
    timeoutMillis: EXPORT_TIMEOUT_MS,
  })
  const { processor, countedExporter } = bound({ exporter, queueMax: QUEUE_MAX, onDropped: options.onDropped, warn })
  const batches = new BatchSpanProcessor({
    exporter: countedExporter,
    maxQueueSize: QUEUE_MAX,
    maxExportBatchSize: BATCH_MAX,
    scheduledDelayMillis: EXPORT_INTERVAL_MS,
    exportTimeoutMillis: BATCH_TIMEOUT_MS,
  })
  const resource = resourceFromAttributes({
    'service.name': 'drumbeat',
    'service.version': version,
    'service.instance.id': node,
    'process.pid': process.pid,
    'drumbeat.process': name,
  })
  const provider = new TracerProvider({
    resource: defaultResource().merge(resource),
    // Requests are chosen before they have a span.
    sampler: new AlwaysOnSampler(),
    spanProcessors: [processor(batches)],
  })
  return {
    tracer: createTracer({
      otel: provider.getTracer('drumbeat', version),
      nowMs: createFineWall(clock),
      chooses: createChance(sampleRatio, random.fraction),
    }),
    async close(withinMs) {
      const closed = provider.shutdown().catch((error: unknown) => warn('traces were not exported', error))
      await within(closed, withinMs, undefined)
    },
  }
}

type Warn = (message: string, error: unknown) => void

function createWarn({ log, clock, endpoint }: TracingOptions): Warn {
  let warnedAtMs = -Infinity
  return (message, error) => {
    const nowMs = clock.nowMs()
    if (nowMs - warnedAtMs < WARN_INTERVAL_MS) return
    warnedAtMs = nowMs
    log.warn({ endpoint, reason: String(error instanceof Error ? error.message || error.name : error) }, message)
  }
}

/** Passes on the library's own messages, such as that a collector took only some spans. */
function toDiagLogger(warn: Warn): DiagLogger {
  const tell = (...said: readonly unknown[]) => warn('tracing has a problem', said.map(String).join(' '))
  const silent = () => {}
  return { error: tell, warn: tell, info: silent, debug: silent, verbose: silent }
}
