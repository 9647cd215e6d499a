import { readFileSync } from 'node:fs'
import { toError } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import { createSteadyClock } from '../base/steady-clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Config } from '../config/load.ts'
import type { Logs } from '../config/logs.ts'
import { readDataFile } from '../config/data-file.ts'
import type { Good } from '../protocol/shapes/shop.ts'
import { EXIT } from '../setup/exit-codes.ts'
import { StartError } from '../setup/start-error.ts'
import { GroupCommit } from '../hub/group-commit.ts'
import { Hub, type HubOptions } from '../hub/hub.ts'
import { Idempotency } from '../idempotency/idempotency.ts'
import { parseGoods, seedGoods } from '../ledger/goods.ts'
import { Ledger } from '../ledger/ledger.ts'
import { readNewestMs } from '../ledger/player-ledger.ts'
import type { PlanPool } from '../ledger/plan-pool.ts'
import { PurchaseRates } from '../ledger/purchase-rates.ts'
import { EventShares } from './event-shares.ts'
import { HistoryFloor } from './history-floor.ts'
import { PacedReads } from './paced-reads.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { Bans } from '../connections/bans.ts'
import type { ConnectionLimitsOptions } from '../connections/limits.ts'
import type { OnParts } from '../connections/share-parts.ts'
import type { Cluster } from '../store/cluster.ts'
import type { WorkerLinks } from '../processes/workers.ts'
import type { Recorder } from '../recordings/recorder.ts'
import type { Journal } from '../store/journal.ts'
import type { Store } from '../store/store.ts'
import type { PrimaryContext } from './context.ts'
import { RoomService } from '../rooms/service.ts'
import { openGames } from './open-games.ts'
import { openRooms } from './open-rooms.ts'
import { readReceiptKey } from './secrets.ts'

export interface OpenOptions {
  readonly config: Config
  readonly store: Store
  readonly cluster: Cluster
  /** The journal of rooms with games. */
  readonly journal: Journal
  readonly recorder: Recorder
  readonly workers: WorkerLinks
  readonly metrics: Metrics
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly logs: Logs
  readonly deliver: HubOptions['deliver']
  readonly onFull: ConnectionLimitsOptions['onFull']
  /** Opens the pool that computes purchases. `signingKey` is the key that signs receipts, in PEM. */
  readonly openPool: (signingKey: string) => PlanPool
}

/** How many events may wait while a commit is in progress. */
const COMMIT_QUEUE_MAX = 50_000
const COMMIT_BATCH_MAX = 1_000

/** Opens the parts that use the store: hub, ledger, rooms and their games. `close` closes them, but not the store. */
export async function openContext(
  options: OpenOptions,
): Promise<{ readonly context: PrimaryContext; readonly close: () => Promise<void> }> {
  const { config, store, cluster, clock, log, logs, metrics, random } = options
  const { settings } = config
  const seeded = await seedGoods(store, readGoods(settings.GOODS_FILE))
  if (seeded > 0) log.info({ seeded, file: settings.GOODS_FILE }, 'new goods of the file were added to the store')
  const hub = await Hub.open({
    store,
    clock,
    historyBytes: settings.HISTORY_BYTES,
    historyTtlMs: settings.HISTORY_TTL,
    deliver: options.deliver,
  })
  const steadyClock = createSteadyClock(clock)
  const bans = new Bans(steadyClock)
  await bans.load(store)
  const onParts: OnParts = (...told) => tellParts(options.workers, ...told)
  const rooms = await openRooms({ ...options, hub, bans, onParts })
  const receiptKey = await readReceiptKey(settings, store)
  const idempotency = new Idempotency({ store, clock: steadyClock })
  const pool = options.openPool(receiptKey.signingKey)
  const parts = {
    settings,
    store,
    cluster,
    hub,
    bans,
    ...rooms,
    idempotency,
    roomService: new RoomService({ store, hub, idempotency, ...rooms }),
    receiptKey,
    metrics,
    clock,
    steadyClock,
    random,
    log,
    logs,
    commits: createCommits(options),
    eventShares: new EventShares({
      broadcastBytesPerSecond: settings.BROADCAST_BYTES,
      messageBytesPerSecond: settings.MESSAGE_BYTES,
      clock,
    }),
    historyFloor: new HistoryFloor({
      hub,
      floorMs: settings.HISTORY_FLOOR,
      ttlMs: settings.HISTORY_TTL,
      clock,
      onPrice: (price) => options.workers.tellAll('logPrice', { price }),
    }),
    ledger: createLedger({ ...options, clock: steadyClock }, pool, await readNewestMs(store)),
    openReads: { shop: new PacedReads(clock), operators: new PacedReads(clock) },
    purchaseRates: new PurchaseRates(settings.RATE_PURCHASES, () => metrics.rateLimited.inc({ kind: 'purchases' })),
  }
  const games = await openGames({ ...options, context: parts })
  const context: PrimaryContext = { ...parts, games }
  return { context, close: () => pool.close() }
}

function tellParts(workers: WorkerLinks, ...[key, parts, ids]: Parameters<OnParts>): void {
  for (const id of ids) workers.linkOf(id)?.tell('shareParts', { key, parts })
}

function readGoods(file: string): readonly Good[] {
  try {
    return parseGoods(readDataFile(file))
  } catch (cause) {
    throw new StartError(EXIT.configuration, `GOODS_FILE ${file}: ${toError(cause).message}`, cause)
  }
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

function createLedger(
  { config, store, clock, random, logs, metrics }: OpenOptions,
  pool: PlanPool,
  newestMs: number,
): Ledger {
  const log = logs.of('ledger')
  return new Ledger({
    store,
    pool,
    clock,
    newestMs,
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

/** Returns an id of the current boot of the machine, or a constant if the system has none. */
export function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return 'unknown' // not Linux
  }
}
