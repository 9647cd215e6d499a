import { readFileSync } from 'node:fs'
import { toError } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Config } from '../config/load.ts'
import type { Logs } from '../config/logs.ts'
import { readDataFile } from '../config/data-file.ts'
import type { Good } from '../domain/good.ts'
import { EXIT } from '../setup/exit-codes.ts'
import { StartError } from '../setup/start-error.ts'
import { GroupCommit } from '../hub/group-commit.ts'
import { Hub, type HubOptions } from '../hub/hub.ts'
import { Idempotency } from '../idempotency/idempotency.ts'
import { parseGoods, seedGoods } from '../ledger/goods.ts'
import { Ledger } from '../ledger/ledger.ts'
import type { PlanPool } from '../ledger/plan-pool.ts'
import { PurchaseRates } from '../ledger/purchase-rates.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { Registry } from '../connections/registry.ts'
import { Publisher } from '../connections/publisher.ts'
import type { Namespace } from '../protocol/ids.ts'
import { Announcements } from '../rooms/announcements.ts'
import { Membership, type MembershipOptions } from '../rooms/membership.ts'
import { RecoverableSessions } from '../connections/recoverable-sessions.ts'
import { Remote } from '../rooms/remote.ts'
import { Rooms } from '../rooms/rooms.ts'
import { isLoopback } from '../door/address.ts'
import type { Cluster } from '../store/cluster.ts'
import type { Store } from '../store/store.ts'
import type { PrimaryContext } from './context.ts'
import { loadRooms } from './kept-rooms.ts'
import { readReceiptKey } from './secrets.ts'
import { StateSweep } from './state-sweep.ts'

export interface OpenOptions {
  readonly config: Config
  readonly store: Store
  readonly cluster: Cluster
  readonly metrics: Metrics
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly logs: Logs
  readonly deliver: HubOptions['deliver']
  readonly onFull: MembershipOptions['onFull']
  /** Where purchases are computed. `signingKey`: PEM of the key that signs receipts. */
  readonly openPool: (signingKey: string) => PlanPool
}

/** Events and purchases that may wait while a commit is under way. */
const COMMIT_QUEUE_MAX = 50_000
const COMMIT_BATCH_MAX = 1_000

/** Opens what stands on the store: hub, ledger, rooms. `close` closes it in reverse, but for the store. */
export async function openContext(
  options: OpenOptions,
): Promise<{ readonly context: PrimaryContext; readonly close: () => Promise<void> }> {
  const { config, store, cluster, clock, log, logs, metrics, random } = options
  const { settings } = config
  const seeded = await seedGoods(store, readGoods(settings.GOODS_FILE))
  if (seeded > 0) log.info({ seeded, file: settings.GOODS_FILE }, 'goods of the file were put into the store')
  const hub = await Hub.open({
    store,
    clock,
    historyBytes: settings.HISTORY_BYTES,
    historyTtlMs: settings.HISTORY_TTL,
    deliver: options.deliver,
  })
  const registry = new Registry(cluster.node)
  const publisher = new Publisher({ cluster, log: logs.of('presence') })
  const announcements = new Announcements()
  const states = new StateSweep({ store, clock, keepMs: settings.HISTORY_TTL })
  const rooms = createRooms(config, states)
  await loadRooms(store, rooms)
  await states.load(rooms)
  const remembered = new RecoverableSessions({ keepMs: settings.HISTORY_TTL, nowMs: clock.nowMs })
  const remote = new Remote({ cluster, registry, rooms, announcements, nowMs: clock.nowMs })
  await cluster.follow(remote)
  const receiptKey = await readReceiptKey(settings, store)
  const pool = options.openPool(receiptKey.signingKey)
  const context: PrimaryContext = {
    settings,
    store,
    cluster,
    hub,
    registry,
    publisher,
    remote,
    rooms,
    announcements,
    states,
    idempotency: new Idempotency({ store, clock }),
    receiptKey,
    metrics,
    clock,
    random,
    log,
    logs,
    commits: createCommits(options),
    ledger: createLedger(options, pool),
    remembered,
    purchaseRates: new PurchaseRates(settings.RATE_PURCHASES, () => metrics.rateLimited.inc({ kind: 'purchases' })),
    membership: new Membership({
      hub,
      registry,
      rooms,
      announcements,
      publisher,
      remembered,
      ...limitsOf(config),
      onFull: options.onFull,
    }),
  }
  return { context, close: () => pool.close() }
}

function readGoods(file: string): readonly Good[] {
  try {
    return parseGoods(readDataFile(file))
  } catch (cause) {
    throw new StartError(EXIT.configuration, `GOODS_FILE ${file}: ${toError(cause).message}`, cause)
  }
}

function createRooms({ settings }: Config, states: StateSweep): Rooms {
  const autoCreateIn = settings.ROOM_AUTO_CREATE ? [settings.NAMESPACE_PRIVATE as Namespace] : []
  return new Rooms({
    autoCreateIn: new Set(autoCreateIn),
    capacity: settings.ROOM_CAPACITY,
    onMade: ({ room_id, namespace }) => states.noteMade(room_id, namespace),
    onGone: ({ room_id, namespace }) => states.noteEmpty(room_id, namespace),
  })
}

function createCommits({ config: { settings }, store, metrics, clock }: OpenOptions): GroupCommit {
  return new GroupCommit({
    store,
    intervalMs: settings.ETCD_ENDPOINTS.length > 0 ? settings.ETCD_COMMIT_INTERVAL_MS : 0,
    queueMax: COMMIT_QUEUE_MAX,
    batchMax: COMMIT_BATCH_MAX,
    nowMs: clock.nowMs,
    onCommit: (events, durationMs) => {
      metrics.commits.inc()
      metrics.commitSize.observe(events)
      metrics.commitSeconds.observe(durationMs / 1000)
    },
  })
}

function createLedger({ config, store, clock, random, logs, metrics }: OpenOptions, pool: PlanPool): Ledger {
  const log = logs.of('ledger')
  return new Ledger({
    store,
    pool,
    clock,
    random,
    log,
    queueMax: config.settings.BUY_QUEUE_MAX,
    onBatch: ({ requests, planMs, commitMs }) => {
      log.trace({ requests, planMs, commitMs }, 'batch committed')
      metrics.purchaseBatchSize.observe(requests)
      metrics.purchasePlanSeconds.observe(planMs / 1000)
      metrics.purchaseCommitSeconds.observe(commitMs / 1000)
    },
    onRetry: (why) => metrics.purchaseRetries.inc({ why }),
  })
}

function limitsOf({ settings, explicit }: Config) {
  const isSet = explicit.has('MAX_CONNECTIONS_PER_ADDRESS')
  return {
    perUserMax: settings.MAX_CONNECTIONS_PER_USER,
    perNamespaceMax: settings.MAX_CONNECTIONS_PER_NAMESPACE,
    // A proxy or a benchmark on this machine: limited only where somebody says so.
    perAddressMax: (key: string) => (isLoopback(key) && !isSet ? Infinity : settings.MAX_CONNECTIONS_PER_ADDRESS),
  }
}

/** Names this run of the machine; a constant where the system does not tell. */
export function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return 'unknown' // not Linux
  }
}
