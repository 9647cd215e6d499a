import { join } from 'node:path'
import { describeSettings } from '../config/describe.ts'
import type { HttpHandler } from '../http/http.ts'
import { createRequestLimit } from '../http/request-limit.ts'
import { createRouter } from '../http/router.ts'
import { consoleRoutes } from '../http/routes/console.ts'
import { eventRoutes } from '../http/routes/events.ts'
import { goodRoutes } from '../http/routes/goods.ts'
import { operationRoutes } from '../http/routes/operations.ts'
import { playerRoutes } from '../http/routes/players.ts'
import { roomRoutes } from '../http/routes/rooms.ts'
import { AttemptRates } from '../session/admission.ts'
import type { WorkerContext } from './context.ts'

/** Requests at once: so many seconds' worth of the rate. */
const BURST_S = 4

/** The HTTP half of a worker. */
export function createHttp(context: WorkerContext): HttpHandler {
  return { limit: createLimit(context), route: createRoutes(context) }
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

function createRoutes(context: WorkerContext): HttpHandler['route'] {
  const { config, link, clock, random, log, namespaces, valueLimits, welcome } = context
  const routes = {
    primary: link,
    clock,
    random,
    namespaces: [namespaces.private, namespaces.guest],
    roomCapacity: config.settings.ROOM_CAPACITY,
    describeSettings: () => describeSettings(config),
  }
  return createRouter({
    routes: [
      ...operationRoutes(routes),
      ...goodRoutes(routes),
      ...playerRoutes(routes),
      ...eventRoutes(routes),
      ...roomRoutes(routes),
      ...consoleRoutes({
        folder: join(import.meta.dirname, '../console'),
        apiPathPrefix: config.settings.API_PATH_PREFIX,
      }),
    ],
    adminToken: welcome.adminToken,
    valueLimits,
    log,
    newTraceId: random.uuid,
  })
}
