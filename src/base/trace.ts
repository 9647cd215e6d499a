/**
 * Tracing is an argument, so that the code that does the work knows no tracing library. `tracing/` has the adapter for
 * OpenTelemetry.
 */

/**
 * What is known of a step. Names are those of OpenTelemetry's semantic conventions if there is one, otherwise they begin with
 * `drumbeat.`. Never a payload or a token.
 */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>

export type SpanKind = 'server' | 'client' | 'consumer' | 'internal'

/** A step of a traced request that has not ended yet. */
export interface Span {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** The W3C header that makes this step the parent, for the process that continues the request. */
  readonly traceparent: string
  child(name: string, kind?: SpanKind): Span
  /** Notes that another span, which is not the parent, is related to this one. */
  link(other: Span): void
  set(attributes: SpanAttributes): void
  /** @param error the code of the error that ended the step */
  end(error?: string): void
}

export interface Tracer {
  /**
   * Begins the first step of a request. Returns undefined if the request is not traced: its `traceparent` is not sampled, or it
   * has none and was not drawn by chance.
   */
  request(name: string, traceparent: string | undefined): Span | undefined
  /** Begins a step of a request that another process has begun. Returns undefined if it is not sampled. */
  follow(name: string, kind: SpanKind, traceparent: string): Span | undefined
}

/** Holds the tracer of a process. */
export interface Traces {
  /** Undefined if nothing is traced, as on most servers. */
  tracer: Tracer | undefined
}

/**
 * Returns a function that ends the span and then calls `done`. If the result is an error with a code, the span ends with that
 * code.
 */
export function endingWith<Result>(span: Span, done: (result: Result) => void): (result: Result) => void {
  return (result) => {
    span.end(codeOf(result))
    done(result)
  }
}

function codeOf(result: unknown): string | undefined {
  return result instanceof Error && 'code' in result ? String(result.code) : undefined
}

/** Ends what `startShared` returned. @param error the code of the error that ended it */
export function endShared(shared: Span | undefined, sharing: readonly unknown[], error?: string): void {
  if (shared === undefined) return
  shared.set({ 'messaging.batch.message_count': sharing.length })
  shared.end(error)
}

/**
 * Begins a step that several requests share, such as a commit. A step has one parent, so it becomes a child of the first request
 * that is traced, and the others are linked with it. Returns undefined if none is traced.
 */
export function startShared(sharing: readonly { readonly span: Span | undefined }[], name: string): Span | undefined {
  let shared: Span | undefined
  for (const { span } of sharing) {
    if (span === undefined) continue
    if (shared === undefined) shared = span.child(name)
    else {
      span.link(shared)
      shared.link(span)
    }
  }
  return shared
}
