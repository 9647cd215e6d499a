import { toError } from './base/assert.ts'
import { openAll, type Closers } from './base/closers.ts'
import { systemClock as clock } from './base/clock.ts'
import type { Log } from './base/log.ts'
import type { Traces } from './base/trace.ts'
import { systemRandom as random } from './base/random.ts'
import type { Config } from './config/load.ts'
import type { Logs } from './config/logs.ts'
import { openLogs } from './config/open-log.ts'
import { parseListen, showHost, type ListenAddress } from './config/listen.ts'
import type { SettingName, Settings } from './config/settings.ts'
import { openLoopDelay } from './metrics/loop-delay.ts'
import type { WireKey } from './link/methods.ts'
import { KeySweep, sweepLedger } from './ledger/retention.ts'
import { createMetrics, type Metrics } from './metrics/metrics.ts'
import { openStore, type OpenedStore } from './open-store.ts'
import { announce, sayGoodbye } from './primary/announce.ts'
import { Canary } from './primary/canary.ts'
import type { PrimaryContext } from './primary/context.ts'
import { lockInstance, lockPort } from './setup/instance-lock.ts'
import { Deliveries } from './primary/deliveries.ts'
import { followControl } from './primary/follow-control.ts'
import { openContext } from './primary/open-context.ts'
import { Reload } from './primary/reload.ts'
import { onPlaceLost } from './primary/place.ts'
import { GatheredMetrics } from './primary/gather-metrics.ts'
import { LogLevels } from './primary/log-levels.ts'
import { createMemoryWatch } from './primary/memory-watch.ts'
import { readMetricsOf } from './primary/read-metrics.ts'
import { readAdminToken, readResumeSecret, readTokenKey } from './primary/secrets.ts'
import { watchHealth, type HealthyStore } from './primary/store-health.ts'
import { openTokenKeys } from './primary/token-keys.ts'
import { createWelcome, healthOf, type Node } from './primary/node.ts'
import { createWorkerLife, tellFull } from './primary/worker-links.ts'
import { Links } from './processes/links.ts'
import { Supervisor } from './processes/supervisor.ts'
import { spawnWorker } from './processes/worker-process.ts'
import type { WorkerLinks } from './processes/workers.ts'
import type { Health } from './setup/service-reports.ts'
import type { Store } from './store/store.ts'
import { createTraces, startTraces, tracesTimeOf, type StartTracesOptions } from './start-traces.ts'

export interface PrimaryOptions {
  readonly config: Config
  /** Environment and file anew. Throws ConfigError. */
  readonly readConfig: () => Config
  /** The file that becomes a worker with `--worker`. */
  readonly script: string
}

export interface Primary {
  readonly port: number
  /** See `Reload.start`; resolves when the workers were replaced, or were not. */
  reload(): Promise<void>
  readonly readHealth: () => Promise<Health>
  /** Resolves when all is answered, closed and on disk. */
  stop(): Promise<void>
}

const TRIM_MS = 1_000
const SWEEP_MS = 60_000
const MEMORY_MS = 1_000
/** Of SHUTDOWN_TIMEOUT, what workers may use; the rest is for the ledger and the store. */
const WORKERS_SHARE = 0.8

/**
 * Starts a node: lock, store, hub, ledger, port, then the workers. Resolves when all of them listen. Throws StartError for
 * what somebody outside must mend.
 */
export function startPrimary({ config, readConfig, script }: PrimaryOptions): Promise<Primary> {
  const { settings } = config
  return openAll(async (closers) => {
    const lock = await lockInstance(settings.DATA_DIR)
    closers.defer(() => lock.release())
    const logs = openLogs(settings, 'primary')
    const log = logs.of('primary')
    const metrics = createMetrics('primary', openLoopDelay())
    const traces = await openTraces({ settings, metrics, clock, random, log }, closers)
    const workers: WorkerLinks = new Links()
    const opened = await openHealthyStore(settings, { logs, metrics, onLost: onPlaceLost(log, workers) })
    const { store } = opened
    closers.defer(() => store.close())
    const secrets = await readSecrets(settings, store, log)
    const deliveries = createDeliveries(settings, workers)
    // Workers are started last: until then nobody calls into what stands above them here.
    const { context, close } = await openContext({
      config,
      store,
      cluster: opened.cluster,
      metrics,
      clock,
      random,
      log,
      logs,
      deliver: (outgoing) => deliveries.add(outgoing),
      onFull: (what, full) => tellFull(workers, what, full),
    })
    closers.defer(close)
    const { port, adminPort } = await lockPorts(settings, closers)
    const onKeys = (keys: readonly WireKey[]) => workers.tellAll('jwks', { keys })
    const tokenKeys = openTokenKeys({ tokenKey: secrets.tokenKey, settings, clock, log, onKeys })
    closers.defer(() => tokenKeys.close())
    followControl({ ...context, workers })
    const supervisor = new Supervisor({
      count: settings.WORKERS,
      spawn: () => spawnWorker(script),
      links: workers,
      log,
      clock,
      onDied: () => metrics.workerRestarts.inc(),
    })
    const reload = new Reload({ config, readConfig, supervisor, log })
    const node = createNode({ context, reload, tokenKeys, readStoreFault: opened.readFault, workers, supervisor })
    readMetricsOf(node, { deliveries, ...opened })
    startTimers(node, closers)
    await tokenKeys.firstAttempt
    closers.defer(() => supervisor.stop(0))
    const welcome = { port, adminPort, ...secrets }
    const welcomeOf = (worker: number) => createWelcome({ worker, config: reload.config, ...welcome })
    await supervisor.start(createWorkerLife({ node, deliveries, traces, welcomeOf }))
    tellListening(log, settings, { port, adminPort, epoch: store.epoch })
    return toPrimary(node, port, closers)
  })
}

async function openTraces(options: StartTracesOptions, closers: Closers): Promise<Traces> {
  const traces = createTraces()
  await startTraces(options, traces)
  closers.defer(() => traces.close(tracesTimeOf(options.settings.SHUTDOWN_TIMEOUT)))
  return traces
}

type NodeParts = Pick<Node, 'context' | 'reload' | 'tokenKeys' | 'readStoreFault' | 'workers' | 'supervisor'>

function createNode(parts: NodeParts): Node {
  const { context, workers } = parts
  const { logs } = context
  return {
    ...parts,
    logLevels: new LogLevels({ logs, clock, workers }),
    gathered: new GatheredMetrics(context.metrics),
    memory: createMemoryWatch(context, workers),
    canary: new Canary({ ...context, workers: () => workers.listening }),
    isDraining: false,
  }
}

function toPrimary(node: Node, port: number, closers: Closers): Primary {
  return {
    port,
    reload: () => node.reload.run(),
    readHealth: () => healthOf(node),
    stop: () => stop(node, node.context.settings.SHUTDOWN_TIMEOUT, closers),
  }
}

/** For the workers' welcome. */
async function readSecrets(settings: Settings, store: Store, log: Log) {
  return {
    tokenKey: readTokenKey(settings, log),
    adminToken: readAdminToken(settings, log),
    resumeSecret: await readResumeSecret(store),
  }
}

function createDeliveries(settings: Settings, workers: WorkerLinks): Deliveries {
  const send = (worker: number, block: Buffer) => workers.linkOf(worker)?.sendBlock(block)
  const schedule = (action: () => void, delayMs: number) => void setTimeout(action, delayMs)
  return new Deliveries({ intervalMs: settings.FLUSH_INTERVAL_MS, clock, schedule, send })
}

async function openHealthyStore(
  settings: Settings,
  {
    logs,
    metrics,
    onLost,
  }: { readonly logs: Logs; readonly metrics: Metrics; readonly onLost: (reason: string) => void },
): Promise<OpenedStore & HealthyStore> {
  const log = logs.of('store')
  const opened = await openStore({
    settings,
    clock,
    random,
    log,
    onLost,
    onEtcdCall: ({ call, durationMs, failed }) => {
      metrics.etcdCallSeconds.observe({ call }, durationMs / 1000)
      if (failed) metrics.etcdCallErrors.inc({ call })
    },
  })
  return { ...opened, ...watchHealth(opened.store, log, clock) }
}

function startTimers({ context, memory }: Node, closers: Closers): void {
  const { store, settings } = context
  const keys = new KeySweep({ store, clock, keepMs: settings.RECEIPT_RETENTION })
  const timers = [
    setInterval(() => announce(context), context.settings.PRESENCE_INTERVAL_MS),
    setInterval(() => context.hub.trim(), TRIM_MS),
    setInterval(() => memory.look(), MEMORY_MS),
    setInterval(() => void sweepStates(context), TRIM_MS),
    setInterval(() => void sweepOld(context, keys), SWEEP_MS),
  ]
  closers.defer(() => timers.forEach((timer) => clearInterval(timer)))
}

/** A store that takes no writes now takes them another time: its state is said by /ready. */
async function sweepStates({ states, log }: PrimaryContext): Promise<void> {
  try {
    await states.sweep()
  } catch (error) {
    log.debug({ err: toError(error) }, 'the states of empty rooms stay for now')
  }
}

/** One of the nodes that share a store does it for all. */
async function sweepOld({ store, cluster, settings, log }: PrimaryContext, idempotencyKeys: KeySweep): Promise<void> {
  if (!cluster.isCaretaker) return
  try {
    const batches = await sweepLedger({ store, clock, keepMs: settings.RECEIPT_RETENTION })
    const keys = await idempotencyKeys.sweep()
    if (batches + keys > 0) log.info({ batches, keys }, 'let go of what is over RECEIPT_RETENTION')
  } catch (error) {
    log.debug({ err: toError(error) }, 'what is over RECEIPT_RETENTION stays for now')
  }
}

/** `adminPort`: null where there is none. */
async function lockPorts(settings: Settings, closers: Closers): Promise<{ port: number; adminPort: number | null }> {
  const { HTTP_HOST: host, HTTP_PORT } = settings
  const lock = async (address: ListenAddress, setting: SettingName) => {
    const { port, release } = await lockPort(address, setting)
    closers.defer(release)
    return port
  }
  const port = await lock({ host, port: HTTP_PORT }, 'HTTP_PORT')
  const admin = parseListen(settings.ADMIN_LISTEN ?? '')
  return { port, adminPort: admin ? await lock(admin, 'ADMIN_LISTEN') : null }
}

function tellListening(
  log: Log,
  { HTTP_HOST, ADMIN_LISTEN = '', API_PATH_PREFIX, WORKERS }: Settings,
  { port, adminPort, epoch }: { readonly port: number; readonly adminPort: number | null; readonly epoch: string },
): void {
  const urlOf = (host: string, port: number) => `http://${showHost(host)}:${port}`
  const adminHost = parseListen(ADMIN_LISTEN)?.host
  const admin = adminHost === undefined || adminPort === null ? {} : { adminUrl: urlOf(adminHost, adminPort) }
  log.info({ url: urlOf(HTTP_HOST, port), ...admin, path: API_PATH_PREFIX, workers: WORKERS, epoch }, 'listening')
}

/** Connections first, then what they had asked for, then everything in reverse. */
async function stop(node: Node, withinMs: number, closers: Closers): Promise<void> {
  const { log } = node.context
  node.isDraining = true
  log.info({ withinMs }, 'draining')
  await node.supervisor.stop(withinMs * WORKERS_SHARE)
  await node.context.ledger.idle()
  await sayGoodbye(node.context)
  await closers.close()
  log.info('stopped: everything is answered and on disk')
}
