import type { HttpAnswer, HttpHandler } from '../http/http.ts'
import { createRequestLimit } from '../http/request-limit.ts'
import { createRouter } from '../http/router.ts'
import type { RequestHead } from '../session/request-head.ts'
import { AttemptRates } from '../session/admission.ts'
import type { WorkerContext } from './context.ts'
import { createRoutes } from './routes.ts'

/** Requests at once: so many seconds' worth of the rate. */
const BURST_S = 4

/** The HTTP half of a worker. */
export function createHttp(context: WorkerContext): HttpHandler {
  return { limit: createLimit(context), route: createRoute(context) }
}

function createLimit({ config, clock, watch }: WorkerContext): HttpHandler['limit'] {
  const { settings, explicit } = config
  const rates = new AttemptRates({
    ratePerAddress: settings.HTTP_RATE_PER_ADDRESS,
    burst: settings.HTTP_RATE_PER_ADDRESS * BURST_S,
    exemptLoopback: !explicit.has('HTTP_RATE_PER_ADDRESS'),
    clock,
  })
  return createRequestLimit({ rates, trustedProxies: settings.TRUSTED_PROXIES, onLimited: watch.httpLimited })
}

function createRoute(context: WorkerContext): HttpHandler['route'] {
  const { config, link, clock, random, logs, valueLimits, welcome, metrics, watch, traces } = context
  const log = logs.of('http')
  const route = createRouter({
    routes: createRoutes({ primary: link, config, clock, random }),
    adminToken: welcome.adminToken,
    valueLimits,
    log,
    onRefused: watch.httpRefused,
    newTraceId: random.uuid,
    traces,
  })
  const counted = ({ method, path }: RequestHead, answer: HttpAnswer) => {
    metrics.httpRequests.inc({ status: answer.status })
    log.debug({ method, path, status: answer.status }, 'request answered')
    return answer
  }
  return (head) => {
    const plan = route(head)
    if (plan.kind === 'run') return { ...plan, run: async (body) => counted(head, await plan.run(body)) }
    counted(head, plan.answer)
    return plan
  }
}
