import { join } from 'node:path'
import { describeCommands } from '../commands/asyncapi.ts'
import { COMMANDS } from '../commands/table.ts'
import type { Config } from '../config/load.ts'
import { gamePagesOf } from '../config/game-pages.ts'
import { hasSamplePages } from '../config/samples.ts'
import type { Settings } from '../config/settings.ts'
import { describeSettings } from '../config/describe.ts'
import { describeRoutes } from '../http/openapi.ts'
import type { Route } from '../http/router.ts'
import { SharedAnswers } from '../http/shared-answers.ts'
import type { RouteContext } from '../http/routes/admin-context.ts'
import { banRoutes } from '../http/routes/bans.ts'
import { connectionRoutes } from '../http/routes/connections.ts'
import { docsRoutes } from '../http/routes/docs.ts'
import { documentRoutes, type Documents } from '../http/routes/documents.ts'
import { eventRoutes } from '../http/routes/events.ts'
import { goodRoutes } from '../http/routes/goods.ts'
import { operationRoutes } from '../http/routes/operations.ts'
import { pageRoutes } from '../http/routes/pages.ts'
import { playerRoutes } from '../http/routes/players.ts'
import { gameRoutes } from '../http/routes/games.ts'
import { recordingRoutes } from '../http/routes/recordings.ts'
import { roomRoutes } from '../http/routes/rooms.ts'
import { signInRoutes, type SignIn } from '../http/routes/sign-in.ts'
import type { Namespace } from '../protocol/ids.ts'
import { createSchemas, type Schemas } from '../documents/schemas.ts'
import { readRecordingsIn } from './recordings.ts'

/** The sources, or the code that was built from them. */
const ROOT = join(import.meta.dirname, '..')
/** The site of the documentation. In a clone `npm run docs` and `npm run build` write it; the installed package contains it. */
const SITE = join(ROOT, '../dist/docs')

export type RoutesOptions = Pick<RouteContext, 'primary' | 'clock' | 'random'> & {
  readonly config: Config
  /** Absent if nobody may sign in with one click. */
  readonly signIn?: SignIn | undefined
}

/** All HTTP routes of the server, including those that describe it. */
export function createRoutes({ config, signIn, ...asked }: RoutesOptions): readonly Route[] {
  const { settings } = config
  const context: RouteContext = {
    ...asked,
    shared: new SharedAnswers(),
    namespaces: namespacesOf(settings),
    roomCapacity: settings.ROOM_CAPACITY,
    recordings: readRecordingsIn(settings.DATA_DIR),
    pageOf: (game) => routes.find(({ path }) => path === `/play/${game}/`)?.path ?? null,
    describeSettings: () => describeSettings(config),
  }
  let documents: Documents | undefined
  const routes: readonly Route[] = [
    ...operationRoutes(context),
    ...connectionRoutes(context),
    ...banRoutes(context),
    ...goodRoutes(context),
    ...playerRoutes(context),
    ...eventRoutes(context),
    ...roomRoutes(context),
    ...gameRoutes(context),
    ...signInRoutes(signIn),
    ...recordingRoutes(context),
    ...documentRoutes(() => (documents ??= describeServer(routes, settings))),
    ...(settings.DOCS_PAGES ? docsRoutes({ site: SITE, otherwise: join(ROOT, 'manual') }) : []),
    ...pageRoutes({
      root: ROOT,
      hasDocs: settings.DOCS_PAGES,
      hasSignIn: signIn !== undefined,
      apiPathPrefix: settings.API_PATH_PREFIX,
      hasSamples: hasSamplePages(settings),
      gamePages: gamePagesOf(settings),
    }),
  ]
  return routes
}

/** The OpenAPI and AsyncAPI documents of a server with these routes and settings. */
export function describeServer(routes: readonly Route[], settings: Settings): Documents {
  const schemas = schemasOf(settings)
  return {
    openapi: describeRoutes(routes, schemas),
    asyncapi: describeCommands(COMMANDS.values(), schemas, {
      apiPathPrefix: settings.API_PATH_PREFIX,
      frameBytesMax: settings.MAX_PAYLOAD_BYTES,
      denied: {
        private: settings.PRIVATE_DENIED_EVENTS,
        guest: settings.GUEST_DENIED_EVENTS,
      },
    }),
  }
}

export function schemasOf(settings: Settings): Schemas {
  return createSchemas({
    namespaces: namespacesOf(settings),
    buyCountMax: settings.BUY_MAX_COUNT,
    roomCapacity: settings.ROOM_CAPACITY,
  })
}

function namespacesOf(settings: Settings): readonly Namespace[] {
  return [settings.NAMESPACE_PRIVATE as Namespace, settings.NAMESPACE_GUEST as Namespace]
}
