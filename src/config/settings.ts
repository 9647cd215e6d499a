import { EVENT } from '../protocol/events.ts'
import { LOG_LEVELS, LOG_PARTS, parsePartLevel } from '../protocol/log-levels.ts'
import { CLUSTER_SETTINGS } from './cluster-settings.ts'
import { GAME_SETTINGS } from './game-settings.ts'
import { HTTP_SETTINGS } from './http-settings.ts'
import * as kinds from './kinds.ts'
import { byWorkers, computed, optional, secret, setting, type Setting } from './setting.ts'
import { PAGE_SETTINGS } from './page-settings.ts'
import { SHARE_SETTINGS } from './share-settings.ts'

const { boolean, choice, duration, filePath, id, integer, list, listOfSome, size, string } = kinds

/** The algorithms of RFC 7518 section 3.1 and RFC 8037 that tokens may be signed with. */
export const JWT_ALGORITHMS = [
  ...(['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512', 'EdDSA'] as const),
]
export type JwtAlgorithm = (typeof JWT_ALGORITHMS)[number]

const clientEvents = list({ ...choice(...Object.values(EVENT)), name: 'event type', bounds: 'what clients send' })
const partLevels = list(
  kinds.text(
    'part=level',
    `part=level, with a part of ${LOG_PARTS.join(', ')} and a level as in LOG_LEVEL`,
    (value) => parsePartLevel(value) !== undefined,
    LOG_PARTS.join(', '),
  ),
)
/** Every setting, in the order of docs/reference/settings.md. */
export const SETTINGS = {
  CONFIG_FILE: optional(
    filePath,
    'A YAML or TOML file whose keys are the names of settings. The environment wins over it.',
  ),
  NODE_ID: computed(
    id,
    'the host name, made to fit',
    'The name of this node. Clients see it in `ready`. If you do not set it, the name is kept in DATA_DIR.',
  ),
  HTTP_HOST: setting(kinds.host, '127.0.0.1', 'The address to listen on. `0.0.0.0` stands for every IPv4 interface.'),
  HTTP_PORT: setting(
    integer(0, 65_535),
    '8080',
    'The port to listen on. With 0 the server takes a free port and prints it at the start.',
  ),
  ADMIN_LISTEN: optional(
    kinds.listen,
    'A separate port for `/metrics`, `/ready` and every route that needs ADMIN_TOKEN. On HTTP_PORT these then return 404.',
    'on HTTP_PORT',
  ),
  ADMIN_IDLE_TIMEOUT: byWorkers(
    setting(duration('1s', '1h'), '75s', 'How long a connection to ADMIN_LISTEN may be idle between requests.'),
  ),
  WORKERS: computed(
    integer(1, 256),
    'one per core',
    'The number of worker processes. All of them listen on the same port.',
  ),
  DATA_DIR: setting(
    filePath,
    './data',
    'The folder that holds the embedded store, its lock and the development secrets.',
  ),
  LOG_LEVEL: setting(choice(...LOG_LEVELS), 'info', 'Lines below this level are not logged.'),
  LOG_LEVELS: setting(
    partLevels,
    'none',
    'Levels for single parts, as in `worker=debug,ledger=trace`. `primary` and `worker` also set the level of the parts below them.',
  ),
  LOG_FORMAT: setting(choice('auto', 'json', 'pretty'), 'auto', '`auto` is pretty on a terminal and JSON elsewhere.'),

  API_PATH_PREFIX: setting(kinds.urlPath, '/core/game/v1/real-time', 'The path before `/private` and `/public`.'),
  NAMESPACE_PRIVATE: setting(id, 'private', 'The namespace of authenticated players.'),
  NAMESPACE_GUEST: setting(id, 'guest', 'The namespace of guests. It must differ from NAMESPACE_PRIVATE.'),
  PRIVATE_DENIED_EVENTS: byWorkers(
    setting(clientEvents, 'none', 'Events that players may not send. They are refused with `FORBIDDEN`.'),
  ),
  GUEST_DENIED_EVENTS: byWorkers(
    setting(clientEvents, EVENT.buyGood, 'Events that guests may not send. They are refused with `AUTH_REQUIRED`.'),
  ),
  ALLOWED_ORIGINS: byWorkers(
    setting(
      list(kinds.origin),
      'none',
      "Origins of web pages that may connect, besides the server's own pages. `*` allows every origin but `null`, which local files and some games in a native wrapper send.",
    ),
  ),
  ALLOWED_HOSTS: byWorkers(
    optional(
      list(kinds.hostPattern),
      "Host names that clients may use for this server (the `Host` header). A request with another name gets 421. IP addresses, and this machine's own names such as `localhost`, are always allowed.",
      'none if HTTP_HOST is loopback, except for TRUSTED_PROXIES, which may use any; else any',
    ),
  ),
  TRUSTED_PROXIES: byWorkers(
    setting(
      list(kinds.address),
      'none',
      'Addresses of proxies whose `X-Forwarded-For` and `X-User-ID` headers are trusted.',
    ),
  ),

  MAX_CONNECTIONS_PER_NAMESPACE: setting(
    integer(1, 10_000_000),
    '100000',
    'The most connections of a namespace to this node. More are refused with 503.',
  ),
  MAX_CONNECTIONS_PER_ADDRESS: setting(
    integer(1, 1_000_000),
    '256',
    'The most connections of one address to this node. IPv6 addresses count by /64. Loopback is exempt unless you set this.',
  ),
  MAX_CONNECTIONS_PER_USER: setting(
    integer(1, 100_000),
    '100',
    'The most connections of one user, over all nodes. More are closed with 4504.',
  ),
  CONNECT_RATE_PER_ADDRESS: byWorkers(
    setting(
      integer(1, 1_000_000),
      '50',
      "Attempts to connect that one address may make per second at each worker, with a burst of 4 s' worth. Plain TCP connections may be four times as many. Loopback is exempt unless you set this.",
    ),
  ),
  ...HTTP_SETTINGS,
  SOCKET_READ_TIMEOUT: byWorkers(
    setting(
      duration('8s', '900s'),
      '30s',
      'How long a client may be silent before it is closed with 4003. It is pinged after two thirds of this time.',
    ),
  ),
  SOCKET_WRITE_TIMEOUT: byWorkers(
    setting(
      duration('1s', '600s'),
      '10s',
      'How long a client may read nothing while bytes wait for it. It is then closed with 4001.',
    ),
  ),
  SHUTDOWN_TIMEOUT: setting(
    duration('1s', '600s'),
    '15s',
    'How long a shutdown may take, with the draining of connections.',
  ),

  MAX_PAYLOAD_BYTES: byWorkers(
    setting(
      size('256', '16MiB'),
      '16KiB',
      'The largest frame. A larger one gets `PAYLOAD_TOO_LARGE` and close code 1009.',
    ),
  ),
  MAX_PAYLOAD_BYTES_HARD: byWorkers(
    computed(
      size('257', '64MiB'),
      '4 x MAX_PAYLOAD_BYTES',
      'A larger frame is not read at all, and its connection is cut. It must be larger than MAX_PAYLOAD_BYTES.',
    ),
  ),
  MAX_JSON_DEPTH: byWorkers(
    setting(integer(2, 256), '32', 'The most levels of nested objects and lists in one frame.'),
  ),
  MAX_JSON_KEYS: byWorkers(setting(integer(16, 1_000_000), '4096', 'The most keys and list entries in one frame.')),
  RATE_MESSAGES: byWorkers(
    setting(
      integer(1, 1_000_000),
      '300',
      "Messages that a connection may send per second, with a burst of 4 s' worth.",
    ),
  ),
  RATE_BYTES: byWorkers(
    setting(size('1KiB', '1GiB'), '512KiB', "Bytes that a connection may send per second, with a burst of 4 s' worth."),
  ),
  ...SHARE_SETTINGS,
  RATE_PURCHASES: setting(
    integer(1, 1_000_000),
    '100',
    "Purchases that a user may request per second, with a burst of 10 s' worth.",
  ),
  MAX_CALLS_PER_CONNECTION: byWorkers(
    setting(
      integer(1, 100_000),
      '1024',
      'The most requests of one connection that may be in progress in the primary. More get `OVERLOADED`.',
    ),
  ),
  MAX_CALLS_PER_USER: byWorkers(
    setting(
      integer(1, 1_000_000),
      '2048',
      'The same for all connections of a player, or of the guests of an address, at one worker. Each connection may always have one request in progress.',
    ),
  ),
  MAX_CALLS_PER_WORKER: byWorkers(
    setting(
      integer(1, 1_000_000),
      '8192',
      'The same for all connections of a worker. Each connection may always have one request in progress.',
    ),
  ),
  CALL_SLICE: setting(
    duration('0s', '1s'),
    '5ms',
    'How long the primary handles requests before it turns to other work. If requests are left waiting, the connections then take turns, one request each.',
  ),
  LINK_QUEUE_BYTES: setting(
    size('64KiB', '1GiB'),
    '16MiB',
    'The most bytes that may wait for a worker that does not read. Above this its requests wait. Above four times as much, the requests of all workers get `OVERLOADED`.',
  ),
  BACKPRESSURE_BYTES: byWorkers(
    setting(
      size('16KiB', '1GiB'),
      '1MiB',
      'The most bytes that may wait for one socket. With more it is closed with 4001. At least MAX_PAYLOAD_BYTES.',
    ),
  ),

  MEMORY_LIMIT: computed(
    kinds.sizeOrOff('64MiB', '65536GiB'),
    "the control group's limit, or the machine's memory if that is less",
    'The memory of all processes of this node together. At 80 % new connections are refused with 503. At 90 % the slowest readers are closed with 4001.',
  ),

  MAX_ROOMS_PER_CONNECTION: byWorkers(
    setting(integer(1, 1024), '32', 'The most rooms that a connection may be in. More are refused with `ROOM_LIMIT`.'),
  ),
  ROOM_AUTO_CREATE: setting(boolean, 'true', 'Whether a join creates the room if it does not exist.'),
  ROOM_CAPACITY: setting(integer(1, 1_000_000), '10000', 'The most members of a room that has no capacity of its own.'),
  ...GAME_SETTINGS,
  ...PAGE_SETTINGS,
  FLUSH_INTERVAL_MS: setting(
    integer(0, 1000),
    '14',
    'Events that are closer together than this are sent in one write.',
  ),
  PRESENCE_INTERVAL_MS: setting(
    integer(10, 10_000),
    '100',
    'How long joins and leaves are collected before they are announced.',
  ),

  HISTORY_BYTES: setting(
    size('64KiB', '64GiB'),
    '64MiB',
    'How much of the log is kept in memory for clients that resume.',
  ),
  HISTORY_TTL: setting(duration('1s', '30d'), '10m', 'How long events are kept for clients that resume.'),
  RETAINED_BYTES: setting(
    size('64KiB', '64GiB'),
    '64MiB',
    "How much all retained states may take together, with 256 bytes added for each. Each node counts them itself. Above this a state is refused with `OVERLOADED`; from 90 % on, the states of the rooms that have been empty longest are deleted early. Keep it far below etcd's quota.",
  ),
  RESUME_TOKEN_TTL: setting(duration('1m', '30d'), '24h', 'How long a resume token is valid.'),
  LOG_SYNC: setting(
    boolean,
    'false',
    'Whether plain events, too, are accepted only once they are on disk. Purchases always are.',
  ),

  GOODS_FILE: computed(
    filePath,
    "the package's config/goods.yaml",
    'A file of goods. At the start those that the store does not have are added.',
  ),
  RECEIPT_KEY_FILE: optional(
    filePath,
    'The Ed25519 private key that signs receipts, in PEM. The public keys of earlier keys stay available.',
    'made once, in DATA_DIR or in etcd',
  ),
  RECEIPT_RETENTION: setting(
    duration('72h', '3660d'),
    '90d',
    'How long idempotency keys, receipts and entries of the ledger are kept. Export the ledger regularly to keep it for good.',
  ),
  BUY_MAX_COUNT: byWorkers(setting(integer(1, 1_000_000), '1000', 'The largest `count` of one purchase.')),
  BUY_QUEUE_MAX: setting(integer(1, 1_000_000), '10000', 'The most purchases that may wait. More get `OVERLOADED`.'),
  BUY_THREADS: setting(
    integer(1, 64),
    '1',
    'Threads that compute purchases. One computes at a time; the others are spare.',
  ),

  AUTH_JWT_SECRET: secret(
    kinds.secret(32),
    'The secret of HS256 tokens. Set at most one of AUTH_JWT_SECRET, AUTH_JWT_PUBLIC_KEY_FILE and AUTH_JWKS_URL.',
    'a development secret in DATA_DIR',
  ),
  AUTH_JWT_PUBLIC_KEY_FILE: optional(
    filePath,
    'A public key in PEM that checks tokens: RSA of 2048 bits or more, EC or Ed25519.',
  ),
  AUTH_JWKS_URL: optional(
    string,
    'A JSON Web Key Set (JWKS) that checks tokens: an https:// URL, an http:// URL on loopback, or a file.',
  ),
  AUTH_JWKS_REFRESH: setting(duration('30s', '24h'), '5m', 'How often the key set is read again.'),
  AUTH_JWT_ALGORITHMS: computed(
    listOfSome(choice(...JWT_ALGORITHMS)),
    'by the key: HS256; RS256, ES256 (384, 512 by curve), EdDSA',
    'The algorithms that tokens may be signed with. HS* works only with a secret, the others only with public keys.',
  ),
  AUTH_ISSUER: byWorkers(optional(string, 'The value that the claim `iss` of a token must have.', 'not checked')),
  AUTH_AUDIENCE: byWorkers(optional(string, 'A value that the claim `aud` of a token must contain.', 'not checked')),
  AUTH_QUERY_TOKEN: byWorkers(
    setting(
      boolean,
      'false',
      'Whether a token may stand in the URL as `?token=`. Note that proxies write URLs to their logs.',
    ),
  ),
  AUTH_TRUSTED_HEADER: byWorkers(
    setting(boolean, 'false', 'Whether the header `X-User-ID` of a proxy in TRUSTED_PROXIES replaces a token.'),
  ),
  AUTH_CLOCK_SKEW: byWorkers(
    setting(
      duration('0s', '5m'),
      '30s',
      'How far the clock of the issuer of tokens may differ from that of the server.',
    ),
  ),
  AUTH_EXPIRY_GRACE: byWorkers(
    setting(duration('0s', '10m'), '10s', 'How long a socket may stay open after its token has expired.'),
  ),
  AUTH_TOKEN_BYTES_MAX: byWorkers(
    setting(
      size('256', '32KiB'),
      '2KiB',
      'The largest token. A larger one is refused with 401. Keep it at least 2 KiB below HTTP_HEAD_BYTES, so that the rest of a handshake fits.',
    ),
  ),
  AUTH_TOKEN_LIFETIME_MAX: byWorkers(
    setting(duration('1m', '3660d'), '366d', 'Tokens whose `exp` is further in the future are refused.'),
  ),
  ADMIN_TOKEN: secret(
    kinds.bearerSecret(16),
    'The bearer token for `/api/v1` and for the console.',
    'a development token in DATA_DIR',
  ),

  ...CLUSTER_SETTINGS,

  OTLP_ENDPOINT: optional(
    kinds.httpUrl,
    'The URL that traces are sent to by OTLP over HTTP, as in `http://127.0.0.1:4318`. `/v1/traces` is appended.',
    'nothing is traced',
  ),
  OTLP_HEADERS: secret(
    kinds.otlpHeaders,
    'Headers that are sent with traces, as in `authorization=Bearer%20…`. They need OTLP_ENDPOINT, too.',
  ),
  TRACE_SAMPLE_RATIO: byWorkers(
    setting(
      kinds.share,
      '0.01',
      'The share of requests without a `traceparent` header that are traced. A request with the header is traced if the header says so.',
    ),
  ),
} as const

export type SettingName = keyof typeof SETTINGS

type ValueOf<S> = S extends Setting<infer T, infer Required> ? (Required extends true ? T : T | undefined) : never

/** The values in force. Durations are in milliseconds, sizes in bytes, and paths are absolute. */
export type Settings = { readonly [Name in SettingName]: ValueOf<(typeof SETTINGS)[Name]> }

// Object.keys returns strings, so its result needs a cast.
export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[]

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name)
}
