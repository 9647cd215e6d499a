import { SECURITY_HEADERS, jsonAnswer } from '../http.ts'
import { PAGE_QUERY, parseNamespace, parsePage } from '../parse.ts'
import type { Route } from '../router.ts'
import type { RouteContext } from './admin-context.ts'

/** What operators and their tools ask for. */
export function operationRoutes({ primary, namespaces, describeSettings }: RouteContext): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/health',
      access: 'open',
      run: () => jsonAnswer({ status: 'ok' }),
    },
    {
      method: 'GET',
      path: '/ready',
      access: 'open',
      run: async () => {
        const { parts } = await primary.ask('ready', null)
        const ready = parts.every(({ ok }) => ok)
        return jsonAnswer({ ready, parts }, ready ? 200 : 503)
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      access: 'open',
      run: async () => {
        const { contentType, text } = await primary.ask('metrics', null)
        return { status: 200, headers: { 'content-type': contentType, ...SECURITY_HEADERS }, body: text }
      },
    },
    {
      method: 'GET',
      path: '/api/v1/connections',
      access: 'admin',
      query: ['namespace', ...PAGE_QUERY],
      run: async ({ query }) => {
        const named = query.get('namespace')
        const namespace = named === null ? null : parseNamespace(named, namespaces)
        return jsonAnswer(await primary.ask('connectionList', { namespace, ...parsePage(query) }))
      },
    },
    {
      method: 'GET',
      path: '/api/v1/config',
      access: 'admin',
      run: () => jsonAnswer({ settings: describeSettings() }),
    },
  ]
}
