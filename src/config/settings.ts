import { EVENT } from '../protocol/events.ts'
import { LOG_LEVELS, LOG_PARTS, parsePartLevel } from '../protocol/log-levels.ts'
import { GAME_SETTINGS } from './game-settings.ts'
import { HTTP_SETTINGS } from './http-settings.ts'
import * as kinds from './kinds.ts'
import { byWorkers, computed, optional, secret, setting, type Setting } from './setting.ts'
import { PAGE_SETTINGS } from './page-settings.ts'
import { SHARE_SETTINGS } from './share-settings.ts'

const { boolean, choice, duration, filePath, id, integer, list, listOfSome, size, string } = kinds

/** What a key may be used with; RFC 7518 section 3.1 and RFC 8037. */
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
/** Every setting, once. The order is that of docs/reference/settings.md. */
export const SETTINGS = {
  CONFIG_FILE: optional(filePath, 'A YAML or TOML file with these names as its keys. The environment wins over it.'),
  NODE_ID: computed(
    id,
    'the host name, made to fit',
    "This node's name, as clients see it in `ready`. One that is not set is kept in DATA_DIR.",
  ),
  HTTP_HOST: setting(kinds.host, '127.0.0.1', 'Where to listen. `0.0.0.0` is every IPv4 interface.'),
  HTTP_PORT: setting(integer(0, 65_535), '8080', '0 takes any free port, which is printed at the start.'),
  ADMIN_LISTEN: optional(
    kinds.listen,
    'A port of its own for `/metrics`, `/ready` and all that wants ADMIN_TOKEN: on HTTP_PORT they are 404 then.',
    'on HTTP_PORT',
  ),
  ADMIN_IDLE_TIMEOUT: byWorkers(
    setting(duration('1s', '1h'), '75s', 'How long a connection to ADMIN_LISTEN may wait for its next request.'),
  ),
  WORKERS: computed(integer(1, 256), 'one per core', 'Worker processes, all on the one port.'),
  DATA_DIR: setting(filePath, './data', 'The folder of the embedded store, its lock and the development secrets.'),
  LOG_LEVEL: setting(choice(...LOG_LEVELS), 'info', 'The least that is logged.'),
  LOG_LEVELS: setting(
    partLevels,
    'none',
    'Of parts that are to log more or less, as in `worker=debug,ledger=trace`. `primary` and `worker` stand for their parts, too.',
  ),
  LOG_FORMAT: setting(choice('auto', 'json', 'pretty'), 'auto', '`auto` is pretty on a terminal and JSON elsewhere.'),

  API_PATH_PREFIX: setting(kinds.urlPath, '/core/game/v1/real-time', 'What stands before `/private` and `/public`.'),
  NAMESPACE_PRIVATE: setting(id, 'private', 'The namespace of authenticated players.'),
  NAMESPACE_GUEST: setting(id, 'guest', 'The namespace of guests; not the same as the private one.'),
  PRIVATE_DENIED_EVENTS: byWorkers(setting(clientEvents, 'none', 'What players may not send (`FORBIDDEN`).')),
  GUEST_DENIED_EVENTS: byWorkers(setting(clientEvents, EVENT.buyGood, 'What guests may not send (`AUTH_REQUIRED`).')),
  ALLOWED_ORIGINS: byWorkers(
    setting(
      list(kinds.origin),
      'none',
      "Web pages that may connect, besides the server's own. `*` is all but `null`, which pages of files and some wrapped games send.",
    ),
  ),
  ALLOWED_HOSTS: byWorkers(
    optional(
      list(kinds.hostPattern),
      'Names that clients may call this server by (`Host`); others get 421. Addresses, and its names on its own machine, such as `localhost`, always count.',
      'none if HTTP_HOST is loopback, but any for TRUSTED_PROXIES; else any',
    ),
  ),
  TRUSTED_PROXIES: byWorkers(
    setting(list(kinds.address), 'none', 'Whose `X-Forwarded-For` and `X-User-ID` are believed.'),
  ),

  MAX_CONNECTIONS_PER_NAMESPACE: setting(integer(1, 10_000_000), '100000', 'More are refused with 503.'),
  MAX_CONNECTIONS_PER_ADDRESS: setting(
    integer(1, 1_000_000),
    '256',
    'IPv6 counts by /64. Loopback is exempt unless this is set.',
  ),
  MAX_CONNECTIONS_PER_USER: setting(integer(1, 100_000), '100', 'More are closed with 4504.'),
  CONNECT_RATE_PER_ADDRESS: byWorkers(
    setting(
      integer(1, 1_000_000),
      '50',
      "Attempts per second and worker, with a burst of 4 s' worth; TCP connections, whatever for, four times as many. Loopback is exempt unless this is set.",
    ),
  ),
  ...HTTP_SETTINGS,
  SOCKET_READ_TIMEOUT: byWorkers(
    setting(
      duration('8s', '900s'),
      '30s',
      'Silence after which a client is closed with 4003. It is pinged after two thirds of it.',
    ),
  ),
  SOCKET_WRITE_TIMEOUT: byWorkers(
    setting(duration('1s', '600s'), '10s', 'How long a reader may take no byte before 4001.'),
  ),
  SHUTDOWN_TIMEOUT: setting(duration('1s', '600s'), '15s', 'How long draining may take.'),

  MAX_PAYLOAD_BYTES: byWorkers(
    setting(size('256', '16MiB'), '16KiB', 'The largest frame; above it `PAYLOAD_TOO_LARGE`, 1009.'),
  ),
  MAX_PAYLOAD_BYTES_HARD: byWorkers(
    computed(
      size('257', '64MiB'),
      '4 x MAX_PAYLOAD_BYTES',
      'Frames above it are not read at all: the connection is cut. Larger than the soft limit.',
    ),
  ),
  MAX_JSON_DEPTH: byWorkers(setting(integer(2, 256), '32', 'Levels of objects and lists in one frame.')),
  MAX_JSON_KEYS: byWorkers(setting(integer(16, 1_000_000), '4096', 'Keys and list entries in one frame.')),
  RATE_MESSAGES: byWorkers(
    setting(integer(1, 1_000_000), '300', "Per second and connection, with a burst of 4 s' worth."),
  ),
  RATE_BYTES: byWorkers(
    setting(size('1KiB', '1GiB'), '512KiB', "Per second and connection, with a burst of 4 s' worth."),
  ),
  ...SHARE_SETTINGS,
  RATE_PURCHASES: setting(integer(1, 1_000_000), '100', "Per second and user, with a burst of 10 s' worth."),
  MAX_CALLS_PER_CONNECTION: byWorkers(
    setting(
      integer(1, 100_000),
      '1024',
      'Requests of one connection that may be under way in the primary; above it `OVERLOADED`.',
    ),
  ),
  MAX_CALLS_PER_USER: byWorkers(
    setting(
      integer(1, 1_000_000),
      '2048',
      'The same for all connections of a player, or of the guests of an address, at a worker. One request of each connection is always taken.',
    ),
  ),
  MAX_CALLS_PER_WORKER: byWorkers(
    setting(
      integer(1, 1_000_000),
      '8192',
      'The same for all connections of a worker. One request of each connection is always taken.',
    ),
  ),
  CALL_SLICE: setting(
    duration('0s', '1s'),
    '5ms',
    'How long the primary carries out requests before it turns to what else there is. The requests that wait then take turns by connection.',
  ),
  LINK_QUEUE_BYTES: setting(
    size('64KiB', '1GiB'),
    '16MiB',
    'What may wait for a worker that does not read: above it its requests wait, and above four times as much all requests are answered with `OVERLOADED`.',
  ),
  BACKPRESSURE_BYTES: byWorkers(
    setting(
      size('16KiB', '1GiB'),
      '1MiB',
      'What may wait for one socket before it is closed with 4001. Not under MAX_PAYLOAD_BYTES.',
    ),
  ),

  MEMORY_LIMIT: computed(
    kinds.sizeOrOff('64MiB', '65536GiB'),
    "the control group's limit, or the machine's memory where that is less",
    'Of all processes of this node. At 80 % new connections are refused with 503, at 90 % the slowest readers are closed with 4001.',
  ),

  MAX_ROOMS_PER_CONNECTION: byWorkers(setting(integer(1, 1024), '32', 'More are refused with `ROOM_LIMIT`.')),
  ROOM_AUTO_CREATE: setting(boolean, 'true', 'Whether joining a room that does not exist makes it.'),
  ROOM_CAPACITY: setting(integer(1, 1_000_000), '10000', 'Members of a room that does not say otherwise.'),
  ...GAME_SETTINGS,
  ...PAGE_SETTINGS,
  FLUSH_INTERVAL_MS: setting(integer(0, 1000), '14', 'Events closer together than this leave in one write.'),
  PRESENCE_INTERVAL_MS: setting(integer(10, 10_000), '100', 'Who joined and left is gathered this long.'),

  HISTORY_BYTES: setting(size('64KiB', '64GiB'), '64MiB', 'How much of the log is kept for those who come back.'),
  HISTORY_TTL: setting(duration('1s', '30d'), '10m', 'How long it is kept.'),
  RETAINED_BYTES: setting(
    size('64KiB', '64GiB'),
    '64MiB',
    "What all retained states may take together, with 256 bytes for each, by each node's count; above it `OVERLOADED`. From 90 % on those of rooms that have been empty for longest go before their time. Far under etcd's quota.",
  ),
  RESUME_TOKEN_TTL: setting(duration('1m', '30d'), '24h', 'How long a resume token is good for.'),
  LOG_SYNC: setting(boolean, 'false', 'Whether plain events wait for the disk, too. Purchases always do.'),

  GOODS_FILE: computed(
    filePath,
    "the package's config/goods.yaml",
    'Seeds the goods that the store does not have yet.',
  ),
  RECEIPT_KEY_FILE: optional(
    filePath,
    'The Ed25519 private key that signs receipts, in PEM. Public keys of earlier ones stay known.',
    'made once, in DATA_DIR or in etcd',
  ),
  RECEIPT_RETENTION: setting(
    duration('72h', '3660d'),
    '90d',
    'How long idempotency keys, receipts and the ledger are kept. Export the ledger before, to keep it for good.',
  ),
  BUY_MAX_COUNT: byWorkers(setting(integer(1, 1_000_000), '1000', 'The largest `count` of one purchase.')),
  BUY_QUEUE_MAX: setting(integer(1, 1_000_000), '10000', 'Purchases that may wait; above it `OVERLOADED`.'),
  BUY_THREADS: setting(
    integer(1, 64),
    '1',
    'Threads that compute purchases. One computes at a time; others are spare.',
  ),

  AUTH_JWT_SECRET: secret(
    kinds.secret(32),
    'The key of HS256 tokens. At most one of the three keys may be set.',
    'a development secret in DATA_DIR',
  ),
  AUTH_JWT_PUBLIC_KEY_FILE: optional(filePath, 'A public key in PEM: RSA of 2048 bits or more, EC or Ed25519.'),
  AUTH_JWKS_URL: optional(string, 'A key set: https://, http:// on loopback only, or a file.'),
  AUTH_JWKS_REFRESH: setting(duration('30s', '24h'), '5m', 'How often the key set is read again.'),
  AUTH_JWT_ALGORITHMS: computed(
    listOfSome(choice(...JWT_ALGORITHMS)),
    'by the key: HS256; RS256, ES256 (384, 512 by curve), EdDSA',
    'What tokens may be signed with. HS* goes with a secret only, the others with public keys only.',
  ),
  AUTH_ISSUER: byWorkers(optional(string, 'What `iss` must be.', 'not checked')),
  AUTH_AUDIENCE: byWorkers(optional(string, 'What `aud` must hold.', 'not checked')),
  AUTH_QUERY_TOKEN: byWorkers(
    setting(boolean, 'false', 'Whether `?token=` is read. Proxies write URLs to their logs.'),
  ),
  AUTH_TRUSTED_HEADER: byWorkers(
    setting(boolean, 'false', 'Whether `X-User-ID` of TRUSTED_PROXIES stands for a token.'),
  ),
  AUTH_CLOCK_SKEW: byWorkers(setting(duration('0s', '5m'), '30s', 'How far clocks may differ.')),
  AUTH_EXPIRY_GRACE: byWorkers(setting(duration('0s', '10m'), '10s', 'How long a socket may outlive its token.')),
  AUTH_TOKEN_BYTES_MAX: byWorkers(
    setting(
      size('256', '32KiB'),
      '2KiB',
      'How large a token may be; a larger one is refused with 401. At least 2 KiB under HTTP_HEAD_BYTES, for the rest of a handshake.',
    ),
  ),
  AUTH_TOKEN_LIFETIME_MAX: byWorkers(
    setting(duration('1m', '3660d'), '366d', 'Tokens whose `exp` is further ahead are refused.'),
  ),
  ADMIN_TOKEN: secret(kinds.bearerSecret(16), 'Opens `/api/v1`.', 'a development token in DATA_DIR'),

  ETCD_ENDPOINTS: setting(
    list(kinds.endpoint),
    'none',
    'A node of a cluster, with its state in etcd, not in DATA_DIR.',
  ),
  ETCD_PREFIX: setting(kinds.keyPrefix, '/drumbeat/', 'What stands before all keys in etcd: one for each cluster.'),
  ETCD_DIAL_TIMEOUT: setting(
    duration('100ms', '60s'),
    '2s',
    'How long one endpoint may take to answer at the start before the next is asked.',
  ),
  ETCD_START_TIMEOUT: setting(duration('1s', '1h'), '30s', 'How long the start waits for etcd before it ends with 69.'),
  ETCD_USERNAME: optional(string, 'Goes with ETCD_PASSWORD.'),
  ETCD_PASSWORD: secret(kinds.secret(1), 'Goes with ETCD_USERNAME.'),
  ETCD_CA_FILE: optional(filePath, 'Who signs the certificates of etcd, in PEM.', 'the authorities that Node knows'),
  ETCD_CERT_FILE: optional(filePath, "This node's certificate, in PEM. Goes with ETCD_KEY_FILE."),
  ETCD_KEY_FILE: optional(filePath, 'Its private key, in PEM.'),
  ETCD_COMMIT_INTERVAL_MS: setting(
    integer(0, 1000),
    '10',
    'Events closer together than this share a transaction. One alone goes at once.',
  ),
  ETCD_COMPACT: setting(boolean, 'true', 'Whether the nodes let etcd forget what is over LOG_RETENTION.'),
  NODE_TTL: setting(duration('2s', '5m'), '10s', 'How long a node may be silent before the others take it for dead.'),
  LOG_RETENTION: setting(duration('1s', '30d'), '30m', 'How long etcd keeps the log. Not under HISTORY_TTL.'),
  LOG_RETENTION_BYTES: setting(
    size('1MiB', '64GiB'),
    '512MiB',
    "How much of it etcd keeps. Not under HISTORY_BYTES; under a third of etcd's quota.",
  ),

  OTLP_ENDPOINT: optional(
    kinds.httpUrl,
    'Where traces go, by OTLP over HTTP as in `http://127.0.0.1:4318`; `/v1/traces` is added.',
    'nothing is traced',
  ),
  OTLP_HEADERS: secret(kinds.otlpHeaders, 'Sent with them, as in `authorization=Bearer%20…`. Goes with OTLP_ENDPOINT.'),
  TRACE_SAMPLE_RATIO: byWorkers(
    setting(
      kinds.share,
      '0.01',
      'How many of the requests without a `traceparent` are traced; with one, those it calls sampled.',
    ),
  ),
} as const

export type SettingName = keyof typeof SETTINGS

type ValueOf<S> = S extends Setting<infer T, infer Required> ? (Required extends true ? T : T | undefined) : never

/** The values in force: durations in milliseconds, sizes in bytes, paths absolute. */
export type Settings = { readonly [Name in SettingName]: ValueOf<(typeof SETTINGS)[Name]> }

// Object.keys knows only strings; the table's keys are all there is.
export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[]

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name)
}
