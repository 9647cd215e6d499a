import { createHeadCheck } from '../../src/door/head-check.ts'
import { createOriginPolicy } from '../../src/door/origin.ts'
import type { HttpAnswer } from '../../src/http/http.ts'
import { createRouter } from '../../src/http/router.ts'
import { pageRoutes, type PagesOptions } from '../../src/http/routes/pages.ts'
import { NO_LOG } from '../helpers/no-log.ts'

export const PREFIX = '/core/game/v1/real-time'

/** Asks for pages as browsers do: the real routes, without a server. */
export function openPages(options: PagesOptions) {
  const route = createRouter({
    routes: pageRoutes(options),
    checkHead: createHeadCheck({ allowed: ['*'], listensOn: '127.0.0.1', trustedProxies: [] }),
    adminToken: 'nobody asks for it here',
    valueLimits: { depthMax: 8, keysMax: 100 },
    log: NO_LOG,
    onRefused() {},
    newTraceId: () => 'none',
    traces: { tracer: undefined },
    origins: createOriginPolicy([]),
  })
  return async (path: string, headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer> => {
    const head = { method: 'GET', path, query: '', headers: Object.entries(headers), remoteAddress: '127.0.0.1' }
    const plan = route({ ...head, headers: [['host', 'server'], ...head.headers] })
    return plan.kind === 'refuse' ? plan.answer : plan.run(() => Promise.reject(new Error('a GET has no body')))
  }
}
