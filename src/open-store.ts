import { hasCode } from './base/error-code.ts'
import { toError } from './base/assert.ts'
import type { Clock } from './base/clock.ts'
import type { Log } from './base/log.ts'
import type { Random } from './base/random.ts'
import { ensureSecret } from './config/dev-secrets.ts'
import type { Settings } from './config/settings.ts'
import { readBootId } from './node/open-context.ts'
import { findTlsFault } from './setup/etcd-tls.ts'
import { EXIT, type ExitCode } from './setup/exit-codes.ts'
import { StartError } from './setup/start-error.ts'
import { createAlone, type Cluster } from './store/cluster.ts'
import { EtcdRefused } from './store/etcd/await-etcd.ts'
import { NameTaken } from './store/etcd/node-place.ts'
import type { CallEnd } from './store/etcd/timed-member.ts'
import type { Journal } from './store/journal.ts'
import { openLmdbJournal } from './store/lmdb/lmdb-journal.ts'
import { openLmdbStore } from './store/lmdb/lmdb-store.ts'
import { readFileSizes } from './store/lmdb/sizes.ts'
import { DiskFull, NewerSchema, StoreUnavailable, type Store } from './store/store.ts'

export interface OpenStoreOptions {
  readonly settings: Settings
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly onEtcdCall: (end: CallEnd) => void
  /** This process can no longer be a node of the cluster. */
  readonly onLost: (reason: string) => void
}

/** By this token a restarted node is recognized as the same one, so that it gets its place back at once. */
const NODE_TOKEN_FILE = 'node-token'

export interface OpenedStore {
  readonly store: Store
  readonly cluster: Cluster
  /** For rooms with games. It is on this machine, whichever store is used. */
  readonly journal: Journal
  /** The data files of the embedded store, with their sizes in bytes. */
  readonly readFileSizes?: () => ReturnType<typeof readFileSizes>
}

/** Opens the store that the settings name, and joins the nodes that share it. Throws StartError. */
export function openStore(options: OpenStoreOptions): Promise<OpenedStore> {
  return options.settings.ETCD_ENDPOINTS.length > 0 ? openInEtcd(options) : openEmbedded(options)
}

async function openEmbedded({ settings, clock, random, log }: OpenStoreOptions) {
  try {
    const store = await openLmdbStore({
      dataDir: settings.DATA_DIR,
      clock,
      newEpoch: random.token,
      bootId: readBootId(),
      runId: random.uuid(),
      logSync: settings.LOG_SYNC,
      logBytesMax: settings.HISTORY_BYTES,
      onLogLost: (reason) =>
        log.warn(
          { reason },
          'the log of events was discarded, so clients cannot resume; players, goods and the ledger are complete',
        ),
    })
    const journal = await openJournal({ settings, random, log })
    return {
      store,
      cluster: createAlone(settings.NODE_ID),
      journal,
      readFileSizes: () => readFileSizes(settings.DATA_DIR),
    }
  } catch (cause) {
    if (isFull(cause)) throw cause
    throw new StartError(EXIT.configuration, `the data in ${settings.DATA_DIR}: ${toError(cause).message}`, cause)
  }
}

function openJournal({
  settings,
  random,
  log,
}: Pick<OpenStoreOptions, 'settings' | 'random' | 'log'>): Promise<Journal> {
  return openLmdbJournal({
    dataDir: settings.DATA_DIR,
    runId: random.uuid(),
    onLost: (reason) => log.warn({ reason }, 'the journal of rooms with games is let go, and the rooms with it'),
  })
}

async function openInEtcd({ settings, clock, random, log, onLost, onEtcdCall }: OpenStoreOptions) {
  // gRPC takes a while to load, and servers without etcd need not wait for it.
  const { openEtcd } = await import('./store/etcd/open-etcd.ts')
  const { ETCD_USERNAME: username, ETCD_PASSWORD: password } = settings
  const { ETCD_CA_FILE: ca, ETCD_CERT_FILE: cert, ETCD_KEY_FILE: key } = settings
  try {
    const journal = await openJournal({ settings, random, log })
    const opened = await openEtcd({
      endpoints: settings.ETCD_ENDPOINTS,
      prefix: settings.ETCD_PREFIX,
      login: username === undefined || password === undefined ? undefined : { username, password },
      tls: { ca, cert, key },
      node: settings.NODE_ID,
      token: ensureSecret(settings.DATA_DIR, NODE_TOKEN_FILE).secret,
      ttlMs: settings.NODE_TTL,
      dialTimeoutMs: settings.ETCD_DIAL_TIMEOUT,
      startTimeoutMs: settings.ETCD_START_TIMEOUT,
      findTlsFault: (endpoint, withinMs) => findTlsFault({ endpoint, files: settings, withinMs }),
      retention: { ms: settings.LOG_RETENTION, bytes: settings.LOG_RETENTION_BYTES },
      history: { ms: settings.HISTORY_TTL, bytes: settings.HISTORY_BYTES },
      mayCompact: settings.ETCD_COMPACT,
      clock,
      random,
      log,
      onCall: onEtcdCall,
      onLost,
    })
    return { ...opened, journal }
  } catch (cause) {
    if (isFull(cause)) throw cause
    throw new StartError(exitCodeOf(cause), toError(cause).message, cause)
  }
}

/** Whether the disk of this machine is full. `startPrimary` reports that. */
function isFull(cause: unknown): boolean {
  return cause instanceof DiskFull || hasCode(cause, 'ENOSPC')
}

function exitCodeOf(cause: unknown): ExitCode {
  if (cause instanceof NameTaken) return EXIT.temporary
  if (cause instanceof StoreUnavailable) return EXIT.unavailable
  return cause instanceof EtcdRefused || cause instanceof NewerSchema ? EXIT.configuration : EXIT.internal
}
