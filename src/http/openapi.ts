import { STATUS, type ErrorCode } from '../protocol/errors.ts'
import type { JsonObject } from '../protocol/events.ts'
import { refTo, type Schema } from '../protocol/shapes/build.ts'
import { QUERY_PARAMETERS, type Schemas } from '../documents/schemas.ts'
import type { Condition, Operation } from './operation.ts'
import type { Route } from './router.ts'

/**
 * Leads from the document's own address, `…/api/v1/openapi.json`, to what its paths are relative to. That is the root, or the
 * path under which a proxy publishes the server, which the server does not know.
 */
const SERVER = { url: '../..', description: 'The server that gave this document.' } as const

/** The OpenAPI 3.1 document of these routes. */
export function describeRoutes(routes: readonly Route[], schemas: Schemas): JsonObject {
  const paths: Record<string, Record<string, JsonObject>> = {}
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: describe(route) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Drumbeat',
      version: 'v1',
      description: 'The REST interface. What players send and get on a socket is in asyncapi.json.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [SERVER],
    paths,
    components: {
      schemas,
      securitySchemes: { admin: { type: 'http', scheme: 'bearer', description: 'ADMIN_TOKEN' } },
    },
  }
}

function describe(route: Route): JsonObject {
  const { operation, access } = route
  const parameters = [...inPath(operation), ...inQuery(route), ...inHeaders(operation)]
  return {
    operationId: operation.id,
    summary: operation.summary,
    security: access === 'admin' ? [{ admin: [] }] : [],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(operation.body === undefined ? {} : { requestBody: { required: true, content: json(refTo(operation.body)) } }),
    responses: { ...answers(operation), ...refusals(route) },
  }
}

function inPath({ params = {} }: Operation): readonly JsonObject[] {
  return Object.entries(params).map(([name, schema]) => {
    return { name, in: 'path', required: true, schema: refTo(schema) }
  })
}

function inQuery({ query = [] }: Route): readonly JsonObject[] {
  return query.map((name) => {
    const parameter = QUERY_PARAMETERS[name]
    if (!parameter) throw new Error(`?${name}= has no description`)
    return { name, in: 'query', description: parameter.description, schema: refTo(parameter.schema) }
  })
}

const CONDITIONS: Readonly<Record<Condition, { readonly name: string; readonly description: string }>> = {
  'if-match': {
    name: 'If-Match',
    description: 'An ETag: only if it is still as it was read. Or *: only if it exists.',
  },
  'if-none-match: etag': { name: 'If-None-Match', description: 'An ETag: 304 if nothing has changed.' },
  'if-none-match: *': { name: 'If-None-Match', description: '*: only if it does not exist yet.' },
}

function inHeaders({ conditions = [] }: Operation): readonly JsonObject[] {
  return conditions.map((condition) => ({ ...CONDITIONS[condition], in: 'header', schema: { type: 'string' } }))
}

function answers({ answers, conditions = [] }: Operation): JsonObject {
  const hasTag = conditions.length > 0 ? { headers: { ETag: { schema: { type: 'string' } } } } : {}
  const given = Object.entries(answers).map(([status, answer]) => {
    if (answer === null) return [status, { description: 'Done.' }]
    const content = answer.includes('/') ? { [answer]: { schema: { type: 'string' } } } : json(refTo(answer))
    return [status, { description: status < '300' ? 'Done.' : 'Not now.', ...hasTag, content }]
  })
  const unchanged = conditions.includes('if-none-match: etag') ? { 304: { description: 'Nothing changed.' } } : {}
  return { ...Object.fromEntries(given), ...unchanged }
}

/** One answer per status, with the error codes that it may contain. */
function refusals(route: Route): JsonObject {
  const codes: Map<number, ErrorCode[]> = Map.groupBy(errorsOf(route), (code) => STATUS[code])
  if (route.operation.conditions?.some((condition) => condition !== 'if-none-match: etag')) codes.set(412, ['CONFLICT'])
  const described = Array.from(codes, ([status, those]): [number, JsonObject] => {
    const narrowed = { properties: { error: { properties: { code: { enum: those } } } } }
    return [status, { description: those.join(', '), content: json({ allOf: [refTo('ErrorBody'), narrowed] }) }]
  })
  // A status that the route documents as an answer of its own keeps that description.
  return Object.fromEntries(described.filter(([status]) => route.operation.answers[status] === undefined))
}

/** The error codes that any route of this kind may return, and those that only this route returns. */
function errorsOf({ method, path, access, operation }: Route): readonly ErrorCode[] {
  const codes: ErrorCode[] = ['BAD_REQUEST', 'INTERNAL', ...(operation.errors ?? [])]
  // Requests of load balancers are not counted.
  if (path !== '/health') codes.push('RATE_LIMITED')
  if (access === 'admin') codes.push('AUTH_REQUIRED', 'TOKEN_INVALID')
  if (operation.body !== undefined) codes.push('PAYLOAD_TOO_LARGE')
  if (path.startsWith('/api/')) codes.push('OVERLOADED', 'UNAVAILABLE')
  if (method !== 'GET') codes.push('OUTCOME_UNKNOWN')
  return [...new Set(codes)]
}

function json(schema: Schema): JsonObject {
  return { 'application/json': { schema } }
}
