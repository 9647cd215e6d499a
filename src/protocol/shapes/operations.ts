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

/** How long a kick may keep a user or an address out. */
export const BAN_MS = { min: 1_000, max: 3_660 * 86_400_000 } as const
export const BAN_OF = ['user', 'address'] as const
const BAN_FIELDS = {
  of: choice(BAN_OF),
  id: text('A user id, also of a guest; or an address, IPv6 by /64.'),
  since: TIME,
  until: TIME,
}
export const BAN = named('Ban', object(BAN_FIELDS))
export const BAN_PAGE = named('BanPage', pageOf(ref(BAN)))
export const BAN_BODY = named('BanBody', body({ for_ms: integer('For how long.', BAN_MS.min, BAN_MS.max) }))
export const BANNED = named(
  'Banned',
  object({ ...BAN_FIELDS, kicked: integer('Connections that are closed with 4502.') }),
)
export const BAN_OF_SHAPE = named('BanOf', choice(BAN_OF))
export const BAN_ID = named('BanId', text('As in the list.'))
export const BAN_MS_SHAPE = named('BanMs', integer('Milliseconds.', BAN_MS.min, BAN_MS.max))
export type Ban = ValueOf<typeof BAN>
/** Who is kept out. */
export type Banned = Pick<Ban, 'of' | 'id'>
export type BannedNow = ValueOf<typeof BANNED>

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
