import type { HttpHandler } from '../http/http.ts'
import { createRequestLimit } from '../http/request-limit.ts'
import { createRouter } from '../http/router.ts'
import { AttemptRates } from '../session/admission.ts'
import type { WorkerContext } from './context.ts'
import { createRoutes } from './routes.ts'

/** Requests at once: so many seconds' worth of the rate. */
const BURST_S = 4

/** The HTTP half of a worker. */
export function createHttp(context: WorkerContext): HttpHandler {
  return { limit: createLimit(context), route: createRoute(context) }
}

function createLimit({ config, clock }: WorkerContext): HttpHandler['limit'] {
  const { settings, explicit } = config
  const rates = new AttemptRates({
    ratePerAddress: settings.HTTP_RATE_PER_ADDRESS,
    burst: settings.HTTP_RATE_PER_ADDRESS * BURST_S,
    exemptLoopback: !explicit.has('HTTP_RATE_PER_ADDRESS'),
    clock,
  })
  return createRequestLimit({ rates, trustedProxies: settings.TRUSTED_PROXIES })
}

function createRoute({ config, link, clock, random, log, valueLimits, welcome }: WorkerContext): HttpHandler['route'] {
  return createRouter({
    routes: createRoutes({ primary: link, config, clock, random }),
    adminToken: welcome.adminToken,
    valueLimits,
    log,
    newTraceId: random.uuid,
  })
}
