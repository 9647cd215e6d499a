import protobuf from 'protobufjs'

/** The parts of OTLP's messages that these tests read, with the names and numbers of opentelemetry-proto 1. */
const PROTO = `
syntax = "proto3";
message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
message ExportTraceServiceResponse { ExportTracePartialSuccess partial_success = 1; }
message ExportTracePartialSuccess { int64 rejected_spans = 1; string error_message = 2; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
message Resource { repeated KeyValue attributes = 1; }
message ScopeSpans { InstrumentationScope scope = 1; repeated Span spans = 2; }
message InstrumentationScope { string name = 1; string version = 2; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5;
  SpanKind kind = 6; fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9;
  repeated Link links = 13; Status status = 15; fixed32 flags = 16;
}
message Link { bytes trace_id = 1; bytes span_id = 2; }
message Status { string message = 2; StatusCode code = 3; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
enum SpanKind { UNSPECIFIED = 0; INTERNAL = 1; SERVER = 2; CLIENT = 3; PRODUCER = 4; CONSUMER = 5; }
enum StatusCode { UNSET = 0; OK = 1; ERROR = 2; }
`

const { root } = protobuf.parse(PROTO)
const request = root.lookupType('ExportTraceServiceRequest')
const response = root.lookupType('ExportTraceServiceResponse')

export interface ReceivedSpan {
  readonly traceId: string
  readonly spanId: string
  /** Empty for a root. */
  readonly parentSpanId: string
  readonly name: string
  /** Such as `SERVER`. */
  readonly kind: string
  /** Unix time in milliseconds. */
  readonly startMs: number
  readonly endMs: number
  readonly attributes: Attributes
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
  /** Undefined if it did not fail. */
  readonly error: string | undefined
  readonly resource: Attributes
}

type Attributes = Readonly<Record<string, unknown>>

interface RawSpan {
  readonly traceId: Uint8Array
  readonly spanId: Uint8Array
  readonly parentSpanId: Uint8Array
  readonly name: string
  readonly kind: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly RawAttribute[]
  readonly links: readonly { readonly traceId: Uint8Array; readonly spanId: Uint8Array }[]
  readonly status: { readonly code: string; readonly message: string } | null
}

interface RawAttribute {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}

interface RawRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly RawAttribute[] }
    readonly scopeSpans: readonly { readonly spans: readonly RawSpan[] }[]
  }[]
}

/** Decodes the spans of a request. Throws if it is not such a request. */
export function decodeSpans(body: Uint8Array): readonly ReceivedSpan[] {
  const options = { longs: String, enums: String, defaults: true } as const
  const { resourceSpans } = request.toObject(request.decode(body), options) as RawRequest
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const attributes = toAttributes(resource.attributes)
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => toSpan(span, attributes)))
  })
}

/** A collector's answer. If `rejectedSpans` is 0, nothing was rejected. */
export function encodeAnswer(rejectedSpans: number): Uint8Array {
  const partial = { rejectedSpans, errorMessage: 'this is a test' }
  return response.encode(rejectedSpans === 0 ? {} : { partialSuccess: partial }).finish()
}

function toSpan(raw: RawSpan, resource: Attributes): ReceivedSpan {
  return {
    traceId: toHex(raw.traceId),
    spanId: toHex(raw.spanId),
    parentSpanId: toHex(raw.parentSpanId),
    name: raw.name,
    kind: raw.kind,
    startMs: Number(raw.startTimeUnixNano) / 1e6,
    endMs: Number(raw.endTimeUnixNano) / 1e6,
    attributes: toAttributes(raw.attributes),
    links: raw.links.map(({ traceId, spanId }) => ({ traceId: toHex(traceId), spanId: toHex(spanId) })),
    error: raw.status?.code === 'ERROR' ? raw.status.message : undefined,
    resource,
  }
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function toAttributes(raw: readonly RawAttribute[]): Attributes {
  return Object.fromEntries(
    raw.map(({ key, value }) => [key, 'intValue' in value ? Number(value['intValue']) : Object.values(value)[0]]),
  )
}
