import { LOG_LEVEL_MS } from '../log-levels.ts'
import {
  anyObject,
  body,
  choice,
  constant,
  flag,
  integer,
  listOf,
  named,
  object,
  optional,
  pageOf,
  ref,
  text,
  TIME,
  type Schema,
  type ValueOf,
} from './build.ts'
import { CONNECTION_ID, LOG_LEVEL, LOG_PART, NAMESPACE, ROOM_ID, USER_ID } from './values.ts'

export const CONNECTION = named(
  'Connection',
  object({
    connection_id: ref(CONNECTION_ID),
    namespace: ref(NAMESPACE),
    user_id: ref(USER_ID),
    address: text('IPv6 by /64.'),
    rooms: listOf(ref(ROOM_ID)),
    opened_at: TIME,
    node: text('NODE_ID'),
    worker: integer('Of that node.'),
  }),
)
export const CONNECTION_PAGE = named('ConnectionPage', pageOf(ref(CONNECTION)))

export const KICKED = named('Kicked', object({ kicked: integer('Connections that are closed with 4502.') }))
export type Kicked = ValueOf<typeof KICKED>

export const LOG_LEVEL_BODY = named(
  'LogLevelBody',
  body({
    part: ref(LOG_PART),
    level: ref(LOG_LEVEL),
    for_ms: integer('Then it is as configured again.', LOG_LEVEL_MS.min, LOG_LEVEL_MS.max),
  }),
)
export const LOG_LEVEL_SET = named('LogLevelSet', object({ part: ref(LOG_PART), level: ref(LOG_LEVEL), until: TIME }))

export const HEALTH = named('Health', object({ status: constant('ok') }))

export const READY_PART = object({
  part: text('What it is called.'),
  ok: flag('It is ready.'),
  reason: optional(text('Why it is not.')),
})
/** One line of /ready. */
export type ReadyPart = ValueOf<typeof READY_PART>
export const READINESS = named('Ready', object({ ready: flag('All of them are.'), parts: listOf(READY_PART) }))

const SETTING_VALUE: Schema = {
  description: 'Durations in milliseconds, sizes in bytes; null: not set; secrets are hidden.',
}
export const CONFIG = named(
  'Config',
  object({
    settings: listOf(
      object({
        name: text('As in the environment.'),
        value: SETTING_VALUE,
        source: choice(['environment', 'credentials', 'file', 'default']),
      }),
    ),
  }),
)

export const RELOAD = named(
  'Reload',
  object({
    changed: listOf(text('A setting that workers have from now on.')),
    at_next_start: listOf(text('One that was changed, too, and that only a start of the node takes.')),
  }),
)
export type Reloaded = ValueOf<typeof RELOAD>

export const DOCUMENT = named('Document', anyObject('OpenAPI 3.1 or AsyncAPI 3.0'))
