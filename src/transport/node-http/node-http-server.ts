import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { HttpAnswer, HttpHandler } from '../../http/http.ts'
import { badRequest, Refusal } from '../../protocol/errors.ts'
import type { RequestHead } from '../../door/request-head.ts'
import { Body, tooLarge, type BodyLimits } from '../uws/body.ts'
import type { HttpConnections } from '../uws/http-connections.ts'
import type { HttpRequestsOptions } from '../uws/http-requests.ts'
import type { Listening } from '../uws/listening.ts'

export interface NodeHttpOptions extends HttpRequestsOptions {
  /** The largest head of a request. A larger one is answered with 431. */
  readonly headBytesMax: number
  /** How long a connection may wait for its next request. */
  readonly idleTimeoutMs: number
}

/** How long a request may take until its head is complete. */
const HEAD_MS_MAX = 10_000
const REQUEST_MS_MAX = 30_000
/** How often Node looks for requests that take too long. */
const LOOK_MS = 1_000

/**
 * A port for HTTP only, on Node's own server. It supports what uWebSockets.js does not: HTTP/1.0, pipelined requests, and
 * connections that are idle as long as a load balancer likes.
 */
export function createNodeHttpServer(options: NodeHttpOptions): Pick<Listening, 'start' | 'stop'> {
  const { http, connections, headBytesMax, idleTimeoutMs, bodies } = options
  const server = createServer({
    maxHeaderSize: headBytesMax,
    keepAliveTimeout: idleTimeoutMs,
    headersTimeout: HEAD_MS_MAX,
    requestTimeout: REQUEST_MS_MAX,
    connectionsCheckingInterval: LOOK_MS,
  })
  server.on('connection', (socket) => {
    connections.opened()
    socket.once('close', () => connections.closed())
  })
  server.on('request', (request, response) => void serve({ http, connections, bodies }, request, response))
  return {
    async start(host, port) {
      // All workers listen on this port, as with uWebSockets.js.
      server.listen({ host, port, reusePort: true })
      await once(server, 'listening')
      return (server.address() as AddressInfo).port
    },
    // This also closes idle connections.
    stop: () => void server.close(),
  }
}

interface Serving {
  readonly http: HttpHandler
  readonly connections: HttpConnections
  readonly bodies: BodyLimits
}

async function serve({ http, connections, bodies }: Serving, request: IncomingMessage, response: ServerResponse) {
  const head = readHead(request)
  const body = new Body(bodies)
  const limited = http.limit(head)
  const plan = limited ? ({ kind: 'refuse', answer: limited } as const) : http.route(head)
  const answer = plan.kind === 'refuse' ? plan.answer : await plan.run(() => readBody(request, body, bodies))
  body.release()
  // After a malformed request nobody can say where it ends, so the connection is closed. It is closed, too, if there is a body
  // that the route does not read. If the route stopped reading a body, Node drops the rest.
  const isWanted = plan.kind === 'run' && plan.wantsBody
  const isLast = answer.status === 400 || (hasBody(request) && !isWanted) || !connections.areKept
  write(response, answer, isLast)
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function readHead({ method = '', url = '', rawHeaders, httpVersion, socket }: IncomingMessage): RequestHead {
  const [path = '', ...query] = url.split('?')
  const headers: [string, string][] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    headers.push([(rawHeaders[i] ?? '').toLowerCase(), rawHeaders[i + 1] ?? ''])
  }
  // HTTP/1.0 has no Host, and probes of load balancers send none. Browsers do not speak HTTP/1.0, so this is not an attack by DNS
  // rebinding.
  if (httpVersion === '1.0' && !headers.some(([name]) => name === 'host')) headers.push(['host', 'localhost'])
  return { method, path, query: query.join('?'), headers, remoteAddress: socket.remoteAddress ?? '' }
}

async function readBody(request: IncomingMessage, body: Body, { bytesMax }: BodyLimits): Promise<Uint8Array> {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw tooLarge(bytesMax)
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) body.add(chunk as Uint8Array)
  } catch (error) {
    throw error instanceof Refusal ? error : badRequest('', 'the body ended too early')
  }
  return body.bytes()
}

function write(response: ServerResponse, { status, headers, body }: HttpAnswer, isLast: boolean): void {
  const connection = isLast ? { connection: 'close' } : {}
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body), ...connection })
  response.end(body)
}
