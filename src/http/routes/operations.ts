import { parseInteger } from '../../domain/good.ts'
import { badRequest } from '../../protocol/errors.ts'
import { isLogLevel, isLogPart, LOG_LEVELS, LOG_LEVEL_MS, LOG_PARTS } from '../../protocol/log-levels.ts'
import { LOG_LEVEL_BODY } from '../../protocol/shapes/operations.ts'
import { SECURITY_HEADERS, jsonAnswer } from '../http.ts'
import { parseBody } from '../parse.ts'
import type { Route } from '../router.ts'
import type { RouteContext } from './admin-context.ts'

/** Routes for operators and their tools. */
export function operationRoutes(context: RouteContext): readonly Route[] {
  return [...probes(context), ...administration(context)]
}

function probes({ primary, shared }: RouteContext): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/health',
      access: 'open',
      operation: { id: 'getHealth', summary: 'Whether the process is alive.', answers: { 200: 'Health' } },
      run: () => jsonAnswer({ status: 'ok' }),
    },
    {
      method: 'GET',
      path: '/ready',
      access: 'internal',
      operation: {
        id: 'getReady',
        summary: 'Whether the node can serve, part by part.',
        answers: { 200: 'Ready', 503: 'Ready' },
      },
      run: () =>
        shared.get('ready', async () => {
          const { parts } = await primary.ask('ready', null)
          const ready = parts.every(({ ok }) => ok)
          return jsonAnswer({ ready, parts }, ready ? 200 : 503)
        }),
    },
    {
      method: 'GET',
      path: '/metrics',
      access: 'internal',
      operation: {
        id: 'getMetrics',
        summary: 'The metrics of all processes, as Prometheus text.',
        answers: { 200: 'text/plain' },
      },
      run: () =>
        shared.get('metrics', async () => {
          const { contentType, text } = await primary.ask('metrics', null)
          return { status: 200, headers: { 'content-type': contentType, ...SECURITY_HEADERS }, body: text }
        }),
    },
  ]
}

function administration({ primary, describeSettings }: RouteContext): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/api/v1/reload',
      access: 'admin',
      operation: {
        id: 'reload',
        summary: 'Reads the configuration again and replaces the workers, one by one.',
        answers: { 202: 'Reload' },
        errors: ['CONFLICT'],
      },
      run: async ({ span }) => jsonAnswer(await primary.ask('reload', null, span), 202),
    },
    {
      method: 'GET',
      path: '/api/v1/config',
      access: 'admin',
      operation: { id: 'getConfig', summary: 'The settings in force.', answers: { 200: 'Config' } },
      run: () => jsonAnswer({ settings: describeSettings() }),
    },
    {
      method: 'PUT',
      path: '/api/v1/log-level',
      access: 'admin',
      operation: {
        id: 'putLogLevel',
        summary: 'Sets the log level of a part for a while, in all processes of this node.',
        body: 'LogLevelBody',
        answers: { 200: 'LogLevelSet' },
      },
      run: async ({ json, span }) => {
        const body = parseBody(await json(), LOG_LEVEL_BODY)
        const { part, level } = body
        if (!isLogPart(part)) throw badRequest('part', `must be one of ${LOG_PARTS.join(', ')}`)
        if (!isLogLevel(level)) throw badRequest('level', `must be one of ${LOG_LEVELS.join(', ')}`)
        const forMs = parseInteger(body.for_ms, 'for_ms', LOG_LEVEL_MS.min, LOG_LEVEL_MS.max)
        const { until } = await primary.ask('logLevel', { part, level, forMs }, span)
        return jsonAnswer({ part, level, until })
      },
    },
  ]
}
