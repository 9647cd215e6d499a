import type { Clock } from './base/clock.ts'
import type { Log } from './base/log.ts'
import type { Random } from './base/random.ts'
import type { Traces } from './base/trace.ts'
import { parseOtlpHeaders } from './config/otlp-headers.ts'
import type { Settings } from './config/settings.ts'
import type { Metrics } from './metrics/metrics.ts'
import { readVersion } from './setup/version.ts'

export interface StartTracesOptions {
  readonly settings: Settings
  readonly metrics: Metrics
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

export interface ProcessTraces extends Traces {
  /** Exports the remaining spans, for at most `withinMs`. Never rejects. */
  close: (withinMs: number) => Promise<void>
}

const CLOSE_SHARE = 0.1
const CLOSE_MS_MAX = 2_000

/** How much of the time for a shutdown the last export may take. */
export function tracesTimeOf(withinMs: number): number {
  return Math.min(CLOSE_MS_MAX, withinMs * CLOSE_SHARE)
}

/** Traces of a process that traces nothing. */
export function createTraces(): ProcessTraces {
  return { tracer: undefined, close: () => Promise.resolve() }
}

/** Makes this process trace from now on if OTLP_ENDPOINT is set. Otherwise the library is not even loaded. */
export async function startTraces(
  { settings, metrics, clock, random, log }: StartTracesOptions,
  traces: ProcessTraces,
): Promise<void> {
  const { OTLP_ENDPOINT: endpoint } = settings
  if (endpoint === undefined) return
  const { openTracing } = await import('./tracing/open-tracing.ts')
  const tracing = openTracing({
    endpoint,
    headers: settings.OTLP_HEADERS === undefined ? {} : (parseOtlpHeaders(settings.OTLP_HEADERS) ?? {}),
    sampleRatio: settings.TRACE_SAMPLE_RATIO,
    version: readVersion(),
    node: settings.NODE_ID,
    process: metrics.process,
    clock,
    random,
    log,
    onDropped: (reason, spans) => metrics.tracesDropped.inc({ reason }, spans),
  })
  traces.tracer = tracing.tracer
  traces.close = (withinMs) => tracing.close(withinMs)
}
