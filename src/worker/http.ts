import { parseListen } from '../config/listen.ts'
import type { Settings } from '../config/settings.ts'
import type { HttpAnswer, HttpHandler } from '../http/http.ts'
import { createRequestLimit, type RequestLimit } from '../http/request-limit.ts'
import { createRouter, type Route } from '../http/router.ts'
import type { RequestHead } from '../door/request-head.ts'
import { createOriginPolicy } from '../door/origin.ts'
import { createHeadCheck, type HeadCheck } from '../door/head-check.ts'
import { AttemptRates } from '../door/admission.ts'
import { NodeRates, TELL_MS } from '../door/node-rates.ts'
import type { WorkerContext } from './context.ts'
import { createRoutes } from './routes.ts'
import { signInOf } from './sign-in.ts'

/** The burst: how many seconds' worth of the rate may come at once. */
const BURST_S = 4

/**
 * The HTTP half of a worker. If ADMIN_LISTEN is set, `adminHttp` is for that port, and `http` has only the routes that are open
 * to everybody.
 */
export function createHttp(context: WorkerContext): {
  readonly http: HttpHandler
  readonly adminHttp: HttpHandler | undefined
  readonly rates: NodeRates
} {
  const { config, link, clock, random, watch } = context
  const routes = createRoutes({ primary: link, config, clock, random, signIn: signInOf(context) })
  const rates = createRates(context)
  const { TRUSTED_PROXIES: trustedProxies, HTTP_HOST, ADMIN_LISTEN = '' } = config.settings
  const limit = createRequestLimit({
    rates,
    bytesPerRequest: config.settings.HTTP_BYTES_PER_ADDRESS / config.settings.HTTP_RATE_PER_ADDRESS,
    trustedProxies,
    onLimited: watch.httpLimited,
  })
  const serve = (served: readonly Route[], check: HeadCheck): HttpHandler => ({
    limit: limit.limit,
    route: createRoute(context, { routes: served, checkHead: check, limit }),
  })
  const admin = parseListen(ADMIN_LISTEN)
  const checkHead = headCheckOf(config.settings, HTTP_HOST)
  if (!admin) return { http: serve(routes, checkHead), adminHttp: undefined, rates }
  const open = routes.filter(({ access }) => access === 'open')
  return {
    http: serve(open, checkHead),
    adminHttp: serve(routes, headCheckOf(config.settings, admin.host)),
    rates,
  }
}

/** @param listensOn the host that the port is bound to */
export function headCheckOf({ ALLOWED_HOSTS, TRUSTED_PROXIES }: Settings, listensOn: string): HeadCheck {
  return createHeadCheck({ allowed: ALLOWED_HOSTS, listensOn, trustedProxies: TRUSTED_PROXIES })
}

/** Its timer runs as long as the process does. */
function createRates({ config, clock, link }: WorkerContext): NodeRates {
  const { settings, explicit } = config
  const rates = new AttemptRates({
    ratePerAddress: settings.HTTP_RATE_PER_ADDRESS,
    burst: settings.HTTP_RATE_PER_ADDRESS * BURST_S,
    exemptLoopback: !explicit.has('HTTP_RATE_PER_ADDRESS'),
    clock,
  })
  const ofNode = new NodeRates({
    rates,
    ratePerAddress: settings.HTTP_RATE_PER_ADDRESS,
    workers: settings.WORKERS,
    tell: (taken) => link.tell('httpTaken', { taken }),
  })
  if (settings.WORKERS > 1) setInterval(() => ofNode.tell(), TELL_MS)
  return ofNode
}

interface Served {
  readonly routes: readonly Route[]
  readonly checkHead: HeadCheck
  readonly limit: RequestLimit
}

function createRoute(
  { config, random, logs, valueLimits, welcome, metrics, watch, traces }: WorkerContext,
  { routes, checkHead, limit }: Served,
): HttpHandler['route'] {
  const log = logs.of('http')
  const route = createRouter({
    routes,
    checkHead,
    adminToken: welcome.adminToken,
    valueLimits,
    log,
    onRefused: watch.httpRefused,
    newTraceId: random.uuid,
    traces,
    origins: createOriginPolicy(config.settings.ALLOWED_ORIGINS),
  })
  const counted = ({ method, path }: RequestHead, answer: HttpAnswer) => {
    metrics.httpRequests.inc({ status: answer.status })
    log.debug({ method, path, status: answer.status }, 'request answered')
    return answer
  }
  return (head) => {
    const plan = route(head)
    if (plan.kind === 'refuse') {
      counted(head, plan.answer)
      return plan
    }
    const counting = (answer: HttpAnswer) => {
      if (plan.isOpen) limit.answered(head, answer)
      return counted(head, answer)
    }
    const run = (body: () => Promise<Uint8Array>) => {
      const answer = plan.run(body)
      return answer instanceof Promise ? answer.then(counting) : counting(answer)
    }
    return { ...plan, run }
  }
}
