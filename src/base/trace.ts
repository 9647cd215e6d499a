/** Tracing as an argument, so that what does the work knows no tracing library: `tracing/` has the one there is. */

/**
 * What is known of a step, by OpenTelemetry's semantic conventions where they have a name, else under `drumbeat.`. Never a payload,
 * never a token.
 */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>

export type SpanKind = 'server' | 'client' | 'consumer' | 'internal'

/** A step of a traced request that is under way. */
export interface Span {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** W3C, with this step as the parent: for whoever goes on with it. */
  readonly traceparent: string
  child(name: string, kind?: SpanKind): Span
  /** It has to do with another one that is not its parent. */
  link(other: Span): void
  set(attributes: SpanAttributes): void
  /** @param error the code of what it ended with */
  end(error?: string): void
}

export interface Tracer {
  /**
   * The first step of a request. undefined: it is not traced, as its `traceparent` is not sampled, or as it has none and chance did
   * not choose it.
   */
  request(name: string, traceparent: string | undefined): Span | undefined
  /** A step of what another process has begun. undefined: it is not sampled. */
  follow(name: string, kind: SpanKind, traceparent: string): Span | undefined
}

/** Where a process keeps its tracer. */
export interface Traces {
  /** undefined: nothing is traced, which is all that most servers ever ask. */
  tracer: Tracer | undefined
}

/** `done`, which ends a step first. A result that is an error with a code is what the step ended with. */
export function endingWith<Result>(span: Span, done: (result: Result) => void): (result: Result) => void {
  return (result) => {
    span.end(codeOf(result))
    done(result)
  }
}

function codeOf(result: unknown): string | undefined {
  return result instanceof Error && 'code' in result ? String(result.code) : undefined
}

/** What `startShared` gave. @param error the code of what it ended with */
export function endShared(shared: Span | undefined, sharing: readonly unknown[], error?: string): void {
  if (shared === undefined) return
  shared.set({ 'messaging.batch.message_count': sharing.length })
  shared.end(error)
}

/**
 * A step that several requests share, such as a commit: a step has one parent, so it stands below the first that is traced, and
 * the others are linked with it. undefined: none is traced.
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
