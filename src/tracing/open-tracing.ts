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
  /** Of the collector; `/v1/traces` is added. */
  readonly endpoint: string
  /** Sent with every export. */
  readonly headers: Readonly<Record<string, string>>
  /** 0 to 1: of the requests without a traceparent. */
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
  /** Exports what there is, for `withinMs` at most. Never rejects. */
  close(withinMs: number): Promise<void>
}

const EXPORT_TIMEOUT_MS = 10_000
/** A second more: the exporter is to give up by itself. */
const BATCH_TIMEOUT_MS = EXPORT_TIMEOUT_MS + 1_000
const EXPORT_INTERVAL_MS = 1_000
const QUEUE_MAX = 4096
const BATCH_MAX = 512
/** A collector that is out is said so often at most. */
const WARN_INTERVAL_MS = 60_000

/** Sampled spans of this process, exported over OTLP (HTTP, protobuf) in batches. A collector that does not answer costs spans and nothing else. */
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
    // Whether a request is traced is decided before there is a span.
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

/** What the library itself has to say, such as that a collector took a part only. */
function toDiagLogger(warn: Warn): DiagLogger {
  const tell = (...said: readonly unknown[]) => warn('tracing has a problem', said.map(String).join(' '))
  const silent = () => {}
  return { error: tell, warn: tell, info: silent, debug: silent, verbose: silent }
}
