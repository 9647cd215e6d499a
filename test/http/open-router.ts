import { createHeadCheck } from '../../src/door/head-check.ts'
import { createOriginPolicy } from '../../src/door/origin.ts'
import type { HttpHandler } from '../../src/http/http.ts'
import { createRouter, type Route } from '../../src/http/router.ts'
import { NO_LOG } from '../helpers/no-log.ts'

/** A router of these routes, without a server; it answers to any name. */
export function openRouter(routes: readonly Route[]): HttpHandler['route'] {
  return createRouter({
    routes,
    checkHead: createHeadCheck({ allowed: ['*'], listensOn: '127.0.0.1', trustedProxies: [] }),
    adminToken: 'nobody asks for it here',
    valueLimits: { depthMax: 8, keysMax: 100 },
    log: NO_LOG,
    onRefused() {},
    newTraceId: () => 'none',
    traces: { tracer: undefined },
    origins: createOriginPolicy([]),
  })
}
