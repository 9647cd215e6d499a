import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace'

/** `queue`: there were more spans than could be exported. `export`: the collector did not take them. */
export type DropReason = 'queue' | 'export'

export interface BoundOptions {
  readonly exporter: SpanExporter
  /** How many spans may wait for their export. */
  readonly queueMax: number
  readonly onDropped: (reason: DropReason, spans: number) => void
  readonly warn: (message: string, error: unknown) => void
}

/** The library's own constant is in a package of its internals. */
const SUCCESS = 0

/**
 * Wraps a batch processor and its exporter. The library drops spans, too, if there are too many, but does not report how many.
 */
export function bound({ exporter, queueMax, onDropped, warn }: BoundOptions): {
  readonly countedExporter: SpanExporter
  readonly processor: (batches: SpanProcessor) => SpanProcessor
} {
  let waiting = 0
  const countedExporter: SpanExporter = {
    export(spans, done) {
      waiting -= spans.length
      exporter.export(spans, (result) => {
        const { code }: { readonly code: number } = result
        if (code !== SUCCESS) {
          onDropped('export', spans.length)
          warn('traces cannot be exported', result.error ?? 'the collector did not take them')
        }
        done(result)
      })
    },
    shutdown: () => exporter.shutdown(),
  }
  const processor = (batches: SpanProcessor): SpanProcessor => ({
    onStart() {},
    onEnd(span: ReadableSpan) {
      if (waiting >= queueMax) {
        onDropped('queue', 1)
        return
      }
      waiting++
      batches.onEnd(span)
    },
    forceFlush: () => batches.forceFlush(),
    shutdown: () => batches.shutdown(),
  })
  return { countedExporter, processor }
}
