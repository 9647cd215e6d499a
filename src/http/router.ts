import { toError } from '../base/assert.ts'
import { within } from '../base/delay.ts'
import type { Log } from '../base/log.ts'
import type { Span, Tracer, Traces } from '../base/trace.ts'
import { parseTraceparent } from '../protocol/envelope.ts'
import { badRequest, Refusal } from '../protocol/errors.ts'
import type { ValueLimits } from '../protocol/value.ts'
import type { HeadCheck } from '../door/head-check.ts'
import { corsHeaders, type OriginPolicy } from '../door/origin.ts'
import { preflightHeaders } from '../door/preflight.ts'
import { headerValues, Headers, type RequestHead } from '../door/request-head.ts'
import { errorAnswer, preflightAnswer, type HttpAnswer, type HttpHandler, type HttpPlan, type HttpRun } from './http.ts'
import { parseJsonBody } from './json-body.ts'
import type { Operation } from './operation.ts'
import { createSecretCheck } from './secret-check.ts'

export interface RouteRequest {
  /** The `:name` parts of the path, decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** One header; `name` is in lower case. Throws BAD_REQUEST if it was sent twice. */
  readonly header: (name: string) => string | undefined
  /** The parsed body, see `parseJsonBody`. Only POST and PUT have one. Throws BAD_REQUEST, PAYLOAD_TOO_LARGE or OVERLOADED. */
  readonly json: () => Promise<unknown>
  /** The span of the request if it is traced. */
  readonly span: Span | undefined
  /** The head as it came, for routes that look at several headers. */
  readonly head: Pick<RequestHead, 'headers' | 'remoteAddress'>
  /** The trace context for an event that the request makes. */
  readonly traceparent: string | undefined
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** `/api/v1/goods/:id` */
  readonly path: string
  /** `internal` needs no token. If ADMIN_LISTEN is set, `internal` and `admin` routes are served only there. */
  readonly access: 'open' | 'internal' | 'admin'
  /** The names that the query may contain; others are refused. If absent, the query is not checked. */
  readonly query?: readonly string[]
  readonly operation: Operation
  /** How long the answer may take after the body has come; ANSWER_MS_MAX by default. */
  readonly answerMsMax?: number
  run(request: RouteRequest): Promise<HttpAnswer> | HttpAnswer
}

export interface RouterOptions {
  readonly routes: readonly Route[]
  readonly checkHead: HeadCheck
  readonly adminToken: string
  readonly valueLimits: ValueLimits
  readonly log: Log
  readonly onRefused: (refusal: Refusal, head: RequestHead) => void
  readonly newTraceId: () => string
  readonly traces: Traces
  /** The origins whose pages may read what is open to everybody below `/api/v1/`. */
  readonly origins: OriginPolicy
}

/**
 * Only routes below this are traced, and open to pages of other origins. Probes ask for the other paths every few seconds, and
 * browsers ask there for files.
 */
const API_PREFIX = '/api/v1/'

interface Found {
  readonly route: Route
  /** The `:name` parts of the path, decoded. */
  readonly params: Readonly<Record<string, string>>
}

/**
 * The time that a route has to answer, counted from when the body has come. The primary answers sooner, or says why it cannot,
 * unless it is stopped.
 */
const ANSWER_MS_MAX = 15_000
const LATE = Symbol('late')

/** Makes the function that finds what to do for a head. Whatever a route throws becomes an error body of the protocol. */
export function createRouter(options: RouterOptions): HttpHandler['route'] {
  const plan = createPlanner(options)
  return (head) => {
    const planned = plan(head)
    if (!isForPages(options.routes, head.path)) return planned
    const cors = corsHeaders(options.origins, new Headers(head.headers))
    const readable = (answer: HttpAnswer) => ({ ...answer, headers: { ...cors, ...answer.headers } })
    if (planned.kind === 'refuse') return { ...planned, answer: readable(planned.answer) }
    return { ...planned, run: async (body) => readable(await planned.run(body)) }
  }
}

function createPlanner(options: RouterOptions): (head: RequestHead) => HttpPlan {
  const isAdmin = createAdminCheck(options.adminToken)
  return (head) => {
    try {
      const headers = new Headers(head.headers)
      options.checkHead(head, headers)
      const allowed = isForPages(options.routes, head.path)
        ? preflightHeaders(head.method, headers, { origins: options.origins, methods: 'GET', isProxied: false })
        : undefined
      // A preflight is answered at once, like a refusal.
      if (allowed) return { kind: 'refuse', answer: preflightAnswer(allowed) }
      const found = findRoute(options.routes, head.method, head.path)
      if (found.route.access === 'admin') isAdmin(headers.one('authorization'))
      return planRun(head, found, options)
    } catch (thrown) {
      return { kind: 'refuse', answer: toErrorAnswer(thrown, head, options) }
    }
  }
}

/** Whether this path has something that everybody may read. If so, pages of allowed origins may read it, too. */
function isForPages(routes: readonly Route[], path: string): boolean {
  return (
    path.startsWith(API_PREFIX) &&
    routes.some((route) => route.access === 'open' && route.method === 'GET' && isPathOf(route.path, path))
  )
}

function planRun(head: RequestHead, { route, params }: Found, options: RouterOptions): HttpRun {
  return {
    kind: 'run',
    isOpen: route.access !== 'admin',
    changes: route.method !== 'GET',
    wantsBody: route.method === 'POST' || route.method === 'PUT',
    run: (body) => {
      const given = readTraceparent(head)
      const { tracer } = options.traces
      const span = tracer === undefined ? undefined : startSpan(tracer, route, given)
      const came = Promise.withResolvers<void>()
      if (route.operation.body === undefined) came.resolve()
      const json = async () => {
        const bytes = await body()
        came.resolve()
        return parseJsonBody(bytes, options.valueLimits)
      }
      const succeeded = (answer: HttpAnswer) => {
        if (span !== undefined) endSpan(span, answer)
        return answer
      }
      const failed = (thrown: unknown) => {
        const answer = toErrorAnswer(thrown, head, options, span?.traceId)
        if (span !== undefined) endSpan(span, answer, thrown instanceof Refusal ? thrown.code : 'INTERNAL')
        return answer
      }
      try {
        const header = (name: string) => new Headers(head.headers).one(name)
        const query = readQuery(route, head.query)
        const traceparent = given ?? span?.traceparent
        const answer = route.run({ params, query, header, json, head, span, traceparent })
        return answer instanceof Promise
          ? inTime(route, came.promise, answer).then(succeeded, failed)
          : succeeded(answer)
      } catch (thrown) {
        return failed(thrown)
      }
    },
  }
}

/** Returns the answer. Throws UNAVAILABLE or OUTCOME_UNKNOWN if there is none in time. */
async function inTime(
  { method, answerMsMax = ANSWER_MS_MAX }: Route,
  bodyCame: Promise<void>,
  answer: Promise<HttpAnswer>,
): Promise<HttpAnswer> {
  const first = await Promise.race([answer, bodyCame.then(() => within(answer, answerMsMax, LATE))])
  if (first !== LATE) return first
  if (method === 'GET') throw new Refusal('UNAVAILABLE', 'the server does not answer; nothing was done')
  throw new Refusal('OUTCOME_UNKNOWN', 'the server does not answer; it may have been done')
}

function startSpan(tracer: Tracer, { method, path }: Route, traceparent: string | undefined): Span | undefined {
  if (!path.startsWith(API_PREFIX)) return undefined
  const span = tracer.request(`${method} ${path}`, traceparent)
  span?.set({ 'http.request.method': method, 'http.route': path })
  return span
}

function endSpan(span: Span, { status }: HttpAnswer, error?: string): void {
  span.set({ 'http.response.status_code': status })
  span.end(error)
}

/** Returns undefined if there is no such header, or none that can be parsed. */
function readTraceparent(head: RequestHead): string | undefined {
  const [found, ...others] = headerValues(head, 'traceparent')
  return others.length === 0 ? parseTraceparent(found) : undefined
}

function toErrorAnswer(
  thrown: unknown,
  head: RequestHead,
  { log, onRefused, newTraceId }: RouterOptions,
  tracedAs?: string,
): HttpAnswer {
  if (thrown instanceof Refusal) onRefused(thrown, head)
  if (thrown instanceof MethodNotAllowed) return errorAnswer(thrown, { headers: { allow: thrown.allow } })
  if (thrown instanceof Refusal && thrown.code !== 'INTERNAL') return errorAnswer(thrown)
  const traceId = tracedAs ?? readTraceparent(head)?.split('-')[1] ?? newTraceId()
  log.error({ err: toError(thrown), method: head.method, path: head.path, traceId }, 'a request failed')
  return errorAnswer(new Refusal('INTERNAL', 'a defect of the server', { trace_id: traceId }))
}

class MethodNotAllowed extends Refusal {
  readonly allow: string

  constructor(allow: readonly string[]) {
    super('METHOD_NOT_ALLOWED', `this path allows only ${allow.join(', ')}`)
    this.allow = allow.join(', ')
  }
}

function findRoute(routes: readonly Route[], method: string, path: string): Found {
  const wanted = method === 'HEAD' ? 'GET' : method
  const others: string[] = []
  for (const route of routes) {
    const params = matchPath(route.path, path)
    if (!params) continue
    if (route.method === wanted) return { route, params }
    others.push(route.method)
  }
  if (others.length > 0) throw new MethodNotAllowed(others)
  throw new Refusal('NOT_FOUND', 'no such path')
}

/** Throws BAD_REQUEST for a name that the route does not know, because a misspelt filter would filter nothing. */
function readQuery({ query: known }: Route, text: string): URLSearchParams {
  const query = new URLSearchParams(text)
  for (const name of query.keys()) {
    if (known?.includes(name) === false) throw badRequest(name, `is not one of ${known.join(', ')}`)
  }
  return query
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  if (!isPathOf(pattern, path)) return undefined
  const given = path.split('/')
  const params: Record<string, string> = {}
  for (const [i, part] of pattern.split('/').entries()) {
    if (part.startsWith(':')) params[part.slice(1)] = decodePart(given[i] ?? '')
  }
  return params
}

function isPathOf(pattern: string, path: string): boolean {
  const wanted = pattern.split('/')
  const given = path.split('/')
  return wanted.length === given.length && wanted.every((part, i) => part.startsWith(':') || part === given[i])
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new Refusal('BAD_REQUEST', 'the path is not valid percent-encoding')
  }
}

/** The returned function throws AUTH_REQUIRED if there is no token, TOKEN_INVALID if it is another one. */
function createAdminCheck(adminToken: string): (authorization: string | undefined) => void {
  const isAdminToken = createSecretCheck(adminToken)
  return (authorization) => {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
    if (token === undefined) throw new Refusal('AUTH_REQUIRED', 'the admin token is required')
    if (!isAdminToken(token)) throw new Refusal('TOKEN_INVALID', 'this is not the admin token')
  }
}
