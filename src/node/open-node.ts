import { assert, toError } from '../base/assert.ts'
import type { Closers } from '../base/closers.ts'
import type { Traces } from '../base/trace.ts'
import type { Config } from '../config/load.ts'
import type { Settings } from '../config/settings.ts'
import { LivedTime } from '../idempotency/lived-time.ts'
import { RecordSweep } from '../idempotency/sweep.ts'
import { sweepLedger } from '../ledger/retention.ts'
import type { TokenKey, WireKey } from '../link/methods/worker.ts'
import { Supervisor } from '../processes/supervisor.ts'
import type { NodeProcess } from '../processes/child-process.ts'
import type { HostProcess } from '../processes/host-process.ts'
import type { HostLife, HostLink, HostLinks } from '../processes/hosts.ts'
import type { WorkerLinks } from '../processes/workers.ts'
import { announce } from '../rooms/announce.ts'
import { Canary } from './canary.ts'
import type { PrimaryContext } from './context.ts'
import { Deliveries } from './deliveries.ts'
import { followLog } from './follow-control.ts'
import { GameSwap } from './game-swap.ts'
import { GameWatch } from './game-watch.ts'
import { createHostLife } from './host-links.ts'
import { GatheredMetrics } from './gather-metrics.ts'
import { LogLevels } from './log-levels.ts'
import { createMemoryWatch } from './memory-watch.ts'
import { createHostWelcome, createWelcome, hostSource, type Node } from './node.ts'
import { openContext, type OpenOptions } from './open-context.ts'
import { sweepBans } from './methods/kicks.ts'
import { createMisfitLog } from './misfits.ts'
import { readMetricsOf, type ReadMetricsOptions } from './read-metrics.ts'
import { Reload } from './reload.ts'
import { openTokenKeys } from './token-keys.ts'
import { createWorkerLife, tellFull } from './worker-links.ts'

export interface OpenNodeOptions
  extends Omit<OpenOptions, 'deliver' | 'onFull'>, Omit<ReadMetricsOptions, 'deliveries'> {
  /** Reads environment and file again. Throws ConfigError. */
  readonly readConfig: () => Config
  /** Resolves to why the store accepts no writes, or to undefined if it does. */
  readonly readFault: () => Promise<string | undefined>
  readonly secrets: { readonly tokenKey: TokenKey; readonly adminToken: string; readonly resumeSecret: Uint8Array }
  /** The ports on which workers listen. `adminPort` is null without ADMIN_LISTEN. */
  readonly ports: { readonly port: number; readonly adminPort: number | null }
  /** An empty registry. It is made before the node, because others need it earlier, such as `onLost` of the store. */
  readonly workers: WorkerLinks
  /** Starts a worker with the settings that workers get now. */
  readonly spawn: (settings: Settings) => NodeProcess
  /** An empty registry, as `workers` is. */
  readonly hosts: HostLinks
  /** Undefined if no games can run. Then there are no hosts. */
  readonly spawnHost?: (settings: Settings) => HostProcess
  readonly traces: Traces
}

const TRIM_MS = 1_000
const SWEEP_MS = 60_000
const MEMORY_MS = 1_000
const WATCH_MS = 100
const BEAT_MS = 1_000
/** How often other nodes are told of changes of rooms with games. */
const TELL_MS = 500

/**
 * Opens all parts of the primary between its store and its workers, then starts hosts and workers. Resolves when all workers
 * listen. Registers what must be closed in `closers`, also if it throws.
 */
export async function openNode(options: OpenNodeOptions, closers: Closers): Promise<Node> {
  const { config, readConfig, metrics, clock, log, traces, secrets, ports, workers, hosts } = options
  const { settings } = config
  const deliveries = createDeliveries(options)
  // Workers are started last, so nothing calls the parts that are opened before.
  const { context, close } = await openContext({
    ...options,
    deliver: (outgoing) => deliveries.add(outgoing),
    onFull: (what, full) => tellFull(workers, what, full),
  })
  closers.defer(close)
  const onKeys = (keys: readonly WireKey[]) => workers.tellAll('jwks', { keys })
  const tokenKeys = openTokenKeys({ tokenKey: secrets.tokenKey, settings, clock, log, onKeys })
  closers.defer(() => tokenKeys.close())
  followLog(context, workers)
  const supervisor = new Supervisor({
    kind: 'worker',
    count: settings.WORKERS,
    spawn: () => options.spawn(reload.config.settings),
    links: workers,
    log,
    clock,
    onDied: () => metrics.workerRestarts.inc(),
  })
  const hostSupervisor = createHostSupervisor(options, () => reload.config.settings)
  const reload = new Reload({ config, readConfig, hosts: hostSupervisor, workers: supervisor, log })
  const parts = {
    context,
    reload,
    tokenKeys,
    readStoreFault: options.readFault,
    workers,
    supervisor,
    hosts,
    hostSupervisor,
  }
  const node = createNode(parts)
  readMetricsOf(node, { ...options, deliveries })
  startTimers(node, closers)
  await tokenKeys.firstAttempt
  closers.defer(() => stopHosts(node, 0))
  await hostSupervisor.start(lifeOfHosts(node, traces, watchGames(node, closers)))
  // Rooms come back while workers start. A request for such a room waits for it.
  context.games.returns.begin()
  closers.defer(() => supervisor.stop(0))
  const welcomeOf = (worker: number) => createWelcome({ worker, config: reload.config, ...ports, ...secrets })
  await supervisor.start(createWorkerLife({ node, deliveries, traces, welcomeOf }))
  return node
}

function createHostSupervisor(
  { config, hosts, spawnHost, log, clock, metrics }: OpenNodeOptions,
  settings: () => Settings,
): Supervisor<HostLink, HostProcess> {
  return new Supervisor<HostLink, HostProcess>({
    kind: 'host',
    count: spawnHost === undefined ? 0 : config.settings.GAME_HOSTS,
    spawn() {
      assert(spawnHost, 'a host is started although no games can run')
      return spawnHost(settings())
    },
    links: hosts,
    log,
    clock,
    onDied: () => metrics.hostRestarts.inc(),
  })
}

/** Drains the hosts, then ends them. Their rooms continue when the node starts again. */
export async function stopHosts({ context, hostSupervisor }: Node, withinMs: number): Promise<void> {
  const { games } = context
  games.recovery.isStopping = true
  await hostSupervisor.stop(withinMs)
  games.beat()
}

/** Returns undefined if GAME_WATCH is false. */
function watchGames({ context, reload }: Node, closers: Closers): GameWatch | undefined {
  const { settings, games, clock, logs } = context
  if (!settings.GAME_WATCH) return undefined
  const watch = new GameWatch({
    swap: () => reload.games(),
    games: () => games.hosts.games,
    clock,
    log: logs.of('placement'),
  })
  const timer = setInterval(() => void watch.look(), WATCH_MS)
  closers.defer(() => clearInterval(timer))
  return watch
}

function lifeOfHosts(node: Node, traces: Traces, watch: GameWatch | undefined): HostLife {
  const { games: placement } = node.context
  const clockOriginMs = placement.roomClock.originMs
  return createHostLife({
    placement,
    traces,
    welcomeOf: (host) => createHostWelcome({ host, config: node.reload.config, clockOriginMs }),
    tellFirst: (link) => node.logLevels.tell(link),
    onFiles: (files) => watch?.loaded(files),
    onGone: (host) => node.gathered.gone(hostSource(host)),
  })
}

type NodeParts = Pick<
  Node,
  'context' | 'reload' | 'tokenKeys' | 'readStoreFault' | 'workers' | 'supervisor' | 'hosts' | 'hostSupervisor'
>

function createNode(parts: NodeParts): Node {
  const { context, workers, hosts, reload, hostSupervisor: supervisor } = parts
  const { logs, clock, games: placement } = context
  return {
    ...parts,
    gameSwap: new GameSwap({ reload, placement, supervisor, clock, log: logs.of('placement') }),
    logLevels: new LogLevels({ logs, clock, processes: [workers, hosts] }),
    gathered: new GatheredMetrics(context.metrics),
    memory: createMemoryWatch(context, workers),
    canary: new Canary({ ...context, workers: () => workers.listening }),
    noteMisfit: createMisfitLog(logs.of('socket-io')),
    isDraining: false,
  }
}

function createDeliveries({ config, clock, workers }: OpenNodeOptions): Deliveries {
  const send = (worker: number, block: Buffer) => workers.linkOf(worker)?.sendBlock(block, 'events')
  const schedule = (action: () => void, delayMs: number) => void setTimeout(action, delayMs)
  return new Deliveries({ intervalMs: config.settings.FLUSH_INTERVAL_MS, clock, schedule, send })
}

function startTimers({ context, memory }: Node, closers: Closers): void {
  const { store, settings, steadyClock, log, games } = context
  const lived = new LivedTime({ store, clock: steadyClock, keepMs: settings.RECEIPT_RETENTION })
  const keys = new RecordSweep({
    store,
    onUnreadable: (key, error) =>
      log.error({ err: toError(error), key }, 'a record of an idempotency key cannot be read; it is kept'),
  })
  const timers = [
    setInterval(() => void announce(context), context.settings.PRESENCE_INTERVAL_MS),
    setInterval(() => {
      context.hub.trim()
      context.historyFloor.look()
      context.sessions.forgetOld()
    }, TRIM_MS),
    setInterval(() => memory.look(), MEMORY_MS),
    setInterval(() => games.beat(), BEAT_MS),
    setInterval(() => games.tellOthers(), TELL_MS),
    setInterval(() => void sweepStates(context), TRIM_MS),
    setInterval(() => void sweepOld(context, lived, keys), SWEEP_MS),
    setInterval(() => void sweepEndedBans(context), SWEEP_MS),
  ]
  closers.defer(() => timers.forEach((timer) => clearInterval(timer)))
}

/** If the store accepts no writes, the states are deleted another time. /ready reports the state of the store. */
async function sweepStates({ states, log }: PrimaryContext): Promise<void> {
  try {
    await states.sweep()
  } catch (error) {
    log.debug({ err: toError(error) }, 'the states of empty rooms are not deleted yet')
  }
}

/** Of the nodes that share a store, one does this for all. */
async function sweepEndedBans(context: PrimaryContext): Promise<void> {
  if (!context.cluster.isCaretaker) return
  try {
    await sweepBans(context)
  } catch (error) {
    context.log.debug({ err: toError(error) }, 'bans that have ended are not deleted from the store yet')
  }
}

/** Of the nodes that share a store, one does this for all. */
async function sweepOld(
  { store, cluster, receiptKey, steadyClock, log }: PrimaryContext,
  lived: LivedTime,
  idempotencyKeys: RecordSweep,
): Promise<void> {
  if (!cluster.isCaretaker) return
  const apartMs = steadyClock.apartMs()
  if (apartMs !== undefined) {
    log.error({ apartMs }, 'the wall clock of the machine has jumped: nothing is deleted because of its age')
    return
  }
  try {
    const untilMs = await lived.readUntilMs()
    const { behindMs } = lived
    if (behindMs !== undefined) {
      log.error(
        { behindMs },
        'the wall clock is behind what it was in an earlier run: nothing is deleted because of its age',
      )
    }
    if (untilMs === undefined) return
    const batches = await sweepLedger({ store, clock: steadyClock, signingKey: receiptKey.signingKey, untilMs })
    const keys = await idempotencyKeys.sweep(untilMs)
    if (batches + keys > 0) log.info({ batches, keys }, 'deleted what is older than RECEIPT_RETENTION')
  } catch (error) {
    log.debug({ err: toError(error) }, 'what is older than RECEIPT_RETENTION is not deleted yet')
  }
}
