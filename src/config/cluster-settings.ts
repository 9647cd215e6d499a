import * as kinds from './kinds.ts'
import { optional, secret, setting } from './setting.ts'

const { boolean, duration, filePath, integer, list, size, string } = kinds

/** Settings of a node in a cluster: its way to etcd, and what etcd keeps. */
export const CLUSTER_SETTINGS = {
  ETCD_ENDPOINTS: setting(
    list(kinds.endpoint),
    'none',
    'The URLs of etcd. If they are set, this node is part of a cluster and keeps its state in etcd, not in DATA_DIR.',
  ),
  ETCD_PREFIX: setting(kinds.keyPrefix, '/drumbeat/', 'The prefix of all keys in etcd. Each cluster needs its own.'),
  ETCD_DIAL_TIMEOUT: setting(
    duration('100ms', '60s'),
    '2s',
    'How long an endpoint may take to answer at the start before the next one is tried.',
  ),
  ETCD_START_TIMEOUT: setting(
    duration('1s', '1h'),
    '30s',
    'How long the start waits for etcd before the server exits with code 69.',
  ),
  ETCD_USERNAME: optional(string, 'The user name for etcd. It needs ETCD_PASSWORD, too.'),
  ETCD_PASSWORD: secret(kinds.secret(1), 'The password for etcd. It needs ETCD_USERNAME, too.'),
  ETCD_CA_FILE: optional(
    filePath,
    'The certificates of the authorities that sign the certificates of etcd, in PEM.',
    'the authorities that Node knows',
  ),
  ETCD_CERT_FILE: optional(
    filePath,
    'The certificate that this node shows to etcd, in PEM. It needs ETCD_KEY_FILE, too.',
  ),
  ETCD_KEY_FILE: optional(filePath, 'The private key of ETCD_CERT_FILE, in PEM.'),
  ETCD_COMMIT_INTERVAL_MS: setting(
    integer(0, 1000),
    '10',
    'Events that are closer together than this share a transaction. A single event is committed at once.',
  ),
  ETCD_COMPACT: setting(
    boolean,
    'true',
    'Whether the nodes compact etcd, so that it forgets revisions that are older than LOG_RETENTION.',
  ),
  PUBLIC_URL: optional(
    kinds.publicUrl,
    'The address at which clients reach this node and no other node of its cluster. Clients that want a room with a game of this node are sent there.',
  ),
  NODE_TTL: setting(
    duration('2s', '5m'),
    '10s',
    'How long a node may be silent before the other nodes consider it dead.',
  ),
  LOG_RETENTION: setting(duration('1s', '30d'), '30m', 'How long etcd keeps the log. At least HISTORY_TTL.'),
  LOG_RETENTION_BYTES: setting(
    size('1MiB', '64GiB'),
    '512MiB',
    "How much of the log etcd keeps. At least HISTORY_BYTES, and less than a third of etcd's quota.",
  ),
} as const
