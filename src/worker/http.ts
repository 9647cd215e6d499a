import { join } from 'node:path'
import { describeSettings } from '../config/describe.ts'
import type { HttpAnswer, HttpRequest } from '../http/http.ts'
import { createRouter } from '../http/router.ts'
import { consoleRoutes } from '../http/routes/console.ts'
import { eventRoutes } from '../http/routes/events.ts'
import { goodRoutes } from '../http/routes/goods.ts'
import { operationRoutes } from '../http/routes/operations.ts'
import { playerRoutes } from '../http/routes/players.ts'
import { roomRoutes } from '../http/routes/rooms.ts'
import type { WorkerContext } from './context.ts'

/** The HTTP half of a worker. */
export function createHttp(context: WorkerContext): (request: HttpRequest) => Promise<HttpAnswer> {
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
