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
  /** How large a request's head may be; a larger one is answered with 431. */
  readonly headBytesMax: number
  /** How long a connection may wait for its next request. */
  readonly idleTimeoutMs: number
}

/** Until its head is whole, a request may take so long. */
const HEAD_MS_MAX = 10_000
const REQUEST_MS_MAX = 30_000
/** How often Node looks for requests that take longer. */
const LOOK_MS = 1_000

/**
 * A port for HTTP only, by Node's own server. It takes what uWebSockets.js does not: HTTP/1.0, requests that were sent together,
 * connections that are idle for as long as a load balancer likes.
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
      // As uWebSockets.js does: all workers listen there.
      server.listen({ host, port, reusePort: true })
      await once(server, 'listening')
      return (server.address() as AddressInfo).port
    },
    // Those that are idle it closes, too.
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
  // Where a request ends that is wrong nobody can say, and a body that nobody wanted is not waited for. Of one that was, Node
  // drops the rest.
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
  // HTTP/1.0 knows no Host, and the probes of load balancers send none. No browser speaks it, so nobody was led here.
  if (httpVersion === '1.0' && !headers.some(([name]) => name === 'host')) headers.push(['host', 'localhost'])
  return { method, path, query: query.join('?'), headers, remoteAddress: socket.remoteAddress ?? '' }
}

async function readBody(request: IncomingMessage, body: Body, { bytesMax }: BodyLimits): Promise<Uint8Array> {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw tooLarge(bytesMax)
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) body.add(chunk as Uint8Array)
  } catch (error) {
    throw error instanceof Refusal ? error : badRequest('', 'the body did not come to its end')
  }
  return body.bytes()
}

function write(response: ServerResponse, { status, headers, body }: HttpAnswer, isLast: boolean): void {
  const connection = isLast ? { connection: 'close' } : {}
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body), ...connection })
  response.end(body)
}
