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
    address: text("The client's address; of IPv6 its /64 network."),
    rooms: listOf(ref(ROOM_ID)),
    opened_at: TIME,
    node: text('The NODE_ID of the node.'),
    worker: integer('The number of the worker on that node.'),
  }),
)
export const CONNECTION_PAGE = named('ConnectionPage', pageOf(ref(CONNECTION)))

export const KICKED = named('Kicked', object({ kicked: integer('How many connections are closed with 4502.') }))
export type Kicked = ValueOf<typeof KICKED>

/** For how long a kick may keep a user or an address out. */
export const BAN_MS = { min: 1_000, max: 3_660 * 86_400_000 } as const
export const BAN_OF = ['user', 'address'] as const
const BAN_FIELDS = {
  of: choice(BAN_OF),
  id: text("A user id, also a guest's; or an address, of IPv6 its /64 network."),
  since: TIME,
  until: TIME,
}
export const BAN = named('Ban', object(BAN_FIELDS))
export const BAN_PAGE = named('BanPage', pageOf(ref(BAN)))
export const BAN_BODY = named(
  'BanBody',
  body({ for_ms: integer('For how long the user or address is kept out.', BAN_MS.min, BAN_MS.max) }),
)
export const BANNED = named(
  'Banned',
  object({ ...BAN_FIELDS, kicked: integer('How many connections are closed with 4502.') }),
)
export const BAN_OF_SHAPE = named('BanOf', choice(BAN_OF))
export const BAN_ID = named('BanId', text('The id as the list of bans gives it.'))
export const BAN_MS_SHAPE = named('BanMs', integer('Milliseconds.', BAN_MS.min, BAN_MS.max))
export type Ban = ValueOf<typeof BAN>
/** A user or an address that is kept out. */
export type Banned = Pick<Ban, 'of' | 'id'>
export type BannedNow = ValueOf<typeof BANNED>

export const LOG_LEVEL_BODY = named(
  'LogLevelBody',
  body({
    part: ref(LOG_PART),
    level: ref(LOG_LEVEL),
    for_ms: integer('For how long. After that, the configured level holds again.', LOG_LEVEL_MS.min, LOG_LEVEL_MS.max),
  }),
)
export const LOG_LEVEL_SET = named('LogLevelSet', object({ part: ref(LOG_PART), level: ref(LOG_LEVEL), until: TIME }))

export const SIGN_IN_BODY = named(
  'SignInBody',
  body({
    code: text('As it stands in the address that the server prints at its start.'),
    user_id: optional(ref(USER_ID)),
  }),
)
export const SIGNED_IN = named('SignedIn', object({ token: text("A player's; without `user_id` the admin token.") }))
export type SignedIn = ValueOf<typeof SIGNED_IN>

export const HEALTH = named('Health', object({ status: constant('ok') }))

export const READY_PART = object({
  part: text('The name of the part.'),
  ok: flag('true: the part is ready.'),
  reason: optional(text('Why the part is not ready.')),
})
/** One line of /ready. */
export type ReadyPart = ValueOf<typeof READY_PART>
export const READINESS = named(
  'Ready',
  object({ ready: flag('true: all parts are ready.'), parts: listOf(READY_PART) }),
)

const SETTING_VALUE: Schema = {
  description: 'Durations are in milliseconds, sizes in bytes. null: not set. Secrets are hidden.',
}
export const CONFIG = named(
  'Config',
  object({
    settings: listOf(
      object({
        name: text('The name of the setting, as in the environment.'),
        value: SETTING_VALUE,
        source: choice(['environment', 'credentials', 'file', 'default']),
      }),
    ),
  }),
)

export const RELOAD = named(
  'Reload',
  object({
    changed: listOf(text('The name of a setting whose new value workers have from now on.')),
    at_next_start: listOf(text('The name of a setting that has changed, but is taken only when the node starts.')),
  }),
)
export type Reloaded = ValueOf<typeof RELOAD>

export const DOCUMENT = named('Document', anyObject('An OpenAPI 3.1 or AsyncAPI 3.0 document'))
