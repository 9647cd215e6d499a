import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { decodeSpans, encodeAnswer, type ReceivedSpan } from './otlp-messages.ts'
import type { Owner } from './server.ts'
import { until } from './until.ts'

/**
 * `take`: accepts all. `reject`: says that it took none of them. `later`: answers 503, so that it is asked again. `hang`: never
 * answers.
 */
type Mood = 'take' | 'reject' | 'later' | 'hang'

/** A collector that takes OTLP over HTTP with protobuf, as the specification says. */
export class TestCollector {
  readonly spans: ReceivedSpan[] = []
  /** The headers of requests, in the order in which they came. */
  readonly headers: IncomingMessage['headers'][] = []
  /** Requests that are not OTLP. */
  readonly mistakes: string[] = []
  mood: Mood = 'take'
  url = ''
  /** How many requests came, however they were answered. */
  requests = 0

  ofTrace(traceId: string): readonly ReceivedSpan[] {
    return this.spans.filter((span) => span.traceId === traceId)
  }

  /** Waits for so many spans of a trace. Rejects if they do not come. */
  async trace(traceId: string, count: number): Promise<readonly ReceivedSpan[]> {
    await until(() => this.ofTrace(traceId).length >= count)
    const spans = this.ofTrace(traceId)
    if (spans.length < count) throw new Error(`${spans.length} spans of ${count}:\n${showTree(spans).join('\n')}`)
    return spans
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    this.requests++
    this.headers.push(request.headers)
    if (this.mood === 'hang') return
    if (this.mood === 'later') {
      response.writeHead(503, { 'retry-after': '1' }).end()
      return
    }
    const line = `${request.method} ${request.url} ${request.headers['content-type']}`
    if (line !== 'POST /v1/traces application/x-protobuf') {
      this.mistakes.push(line)
      response.writeHead(400).end()
      return
    }
    const spans = decodeSpans(Buffer.concat(chunks))
    if (this.mood === 'take') this.spans.push(...spans)
    const said = encodeAnswer(this.mood === 'take' ? 0 : spans.length)
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end(said)
  }
}

export async function startCollector(owner: Owner): Promise<TestCollector> {
  const collector = new TestCollector()
  const server = createHttpServer((request, response) => {
    collector.answer(request, response).catch((error: unknown) => {
      collector.mistakes.push(String(error))
      response.writeHead(400).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  collector.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  owner.teardown(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return collector
}

/**
 * The spans as a tree: one line each, indented below their parents. Spans with the same parent are sorted by name and process,
 * because the clocks of different processes give no order. A span whose parent is not among them is at the top.
 */
export function showTree(
  spans: readonly ReceivedSpan[],
  show = ({ name, kind, resource }: ReceivedSpan) => `${name} · ${kind} · ${String(resource['drumbeat.process'])}`,
): readonly string[] {
  const ids = new Set(spans.map(({ spanId }) => spanId))
  const below = (parent: string | undefined, indent: string): string[] =>
    spans
      .filter(({ parentSpanId }) => (ids.has(parentSpanId) ? parentSpanId : undefined) === parent)
      .map((span) => ({ span, line: show(span) }))
      .toSorted((a, b) => (a.line < b.line ? -1 : 1))
      .flatMap(({ span, line }) => [indent + line, ...below(span.spanId, `${indent}  `)])
  return below(undefined, '')
}

let made = 0

/** A traceparent with a new trace id. */
export function newTrace(sampled = true): {
  readonly traceId: string
  readonly spanId: string
  readonly traceparent: string
} {
  made++
  const traceId = `${Date.now().toString(16)}${made.toString(16)}`.padStart(32, '4')
  const spanId = made.toString(16).padStart(16, 'a')
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-${sampled ? '01' : '00'}` }
}

/** The address of a port on which nobody listens. */
export async function deadEndpoint(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}`
}

/** How many spans a server says it has lost. */
export async function dropped(server: { readonly url: string }, reason: 'queue' | 'export'): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text()
  return Number(new RegExp(`^drumbeat_traces_dropped_total{reason="${reason}"} (\\d+)$`, 'm').exec(text)?.[1])
}
