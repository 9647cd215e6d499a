import {
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanKind as OtelKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Context,
  type Span as OtelSpan,
  type SpanContext,
  type Tracer as OtelTracer,
} from '@opentelemetry/api'
import type { Span, SpanAttributes, SpanKind, Tracer } from '../base/trace.ts'

const KINDS: Readonly<Record<SpanKind, OtelKind>> = {
  server: OtelKind.SERVER,
  client: OtelKind.CLIENT,
  consumer: OtelKind.CONSUMER,
  internal: OtelKind.INTERNAL,
}

export interface TracerOptions {
  readonly otel: OtelTracer
  /** Unix time in milliseconds, with fractions. By itself the library begins spans at whole milliseconds. */
  readonly nowMs: () => number
  /** Whether to trace a request that has no traceparent. */
  readonly chooses: () => boolean
}

export function createTracer(options: TracerOptions): Tracer {
  const { chooses } = options
  const follow = (name: string, kind: SpanKind, parent: SpanContext): Span | undefined =>
    isSampled(parent) ? start(options, name, kind, trace.setSpanContext(ROOT_CONTEXT, parent)) : undefined
  return {
    request(name, traceparent) {
      const parent = traceparent === undefined ? undefined : parseTraceparent(traceparent)
      if (parent) return follow(name, 'server', parent)
      return chooses() ? start(options, name, 'server', ROOT_CONTEXT) : undefined
    },
    follow(name, kind, traceparent) {
      const parent = parseTraceparent(traceparent)
      return parent && follow(name, kind, parent)
    },
  }
}

function start(options: TracerOptions, name: string, kind: SpanKind, context: Context): Span {
  const { otel, nowMs } = options
  return new TracedSpan(options, otel.startSpan(name, { kind: KINDS[kind], startTime: nowMs() }, context))
}

class TracedSpan implements Span {
  readonly #options: TracerOptions
  readonly #span: OtelSpan

  constructor(options: TracerOptions, span: OtelSpan) {
    this.#options = options
    this.#span = span
  }

  get traceId(): string {
    return this.#span.spanContext().traceId
  }

  get traceparent(): string {
    const { traceId, spanId } = this.#span.spanContext()
    return `00-${traceId}-${spanId}-01`
  }

  child(name: string, kind: SpanKind = 'internal'): Span {
    return start(this.#options, name, kind, trace.setSpan(ROOT_CONTEXT, this.#span))
  }

  link(other: Span): void {
    const context = parseTraceparent(other.traceparent)
    if (context) this.#span.addLink({ context })
  }

  set(attributes: SpanAttributes): void {
    this.#span.setAttributes(attributes)
  }

  end(error?: string): void {
    if (error !== undefined) {
      this.#span.setAttribute('error.type', error)
      this.#span.setStatus({ code: SpanStatusCode.ERROR, message: error })
    }
    this.#span.end(this.#options.nowMs())
  }
}

const PARTS = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/
/** A version that W3C forbids. */
const NO_VERSION = 'ff'

/** Returns undefined if by W3C's rules the text is not a traceparent. Then it is ignored. */
function parseTraceparent(text: string): SpanContext | undefined {
  const [, version, traceId = '', spanId = '', flags = ''] = PARTS.exec(text) ?? []
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }
  return version !== undefined && version !== NO_VERSION && isSpanContextValid(context) ? context : undefined
}

function isSampled({ traceFlags }: SpanContext): boolean {
  return (traceFlags & TraceFlags.SAMPLED) !== 0
}
