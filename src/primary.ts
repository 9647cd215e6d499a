import { hasCode } from './base/error-code.ts'
import { toError } from './base/assert.ts'
import { openAll, type Closers } from './base/closers.ts'
import { systemClock as clock } from './base/clock.ts'
import { within } from './base/delay.ts'
import type { Log } from './base/log.ts'
import { logNodeWarnings } from './base/node-warnings.ts'
import type { Traces } from './base/trace.ts'
import { systemRandom as random } from './base/random.ts'
import { readEnvironment } from './config/environment.ts'
import type { Config } from './config/load.ts'
import type { Logs } from './config/logs.ts'
import { openLogs } from './config/open-log.ts'
import { keepNodeId } from './config/node-id.ts'
import { httpUrl, parseListen, type ListenAddress } from './config/listen.ts'
import type { SettingName, Settings } from './config/settings.ts'
import { openLoopDelay } from './metrics/loop-delay.ts'
import { createMetrics, type Metrics } from './metrics/metrics.ts'
import { openStore, type OpenedStore } from './open-store.ts'
import { openPlanPool, type PlanPool } from './ledger/plan-pool.ts'
import { sayGoodbye } from './node/goodbye.ts'
import { Refusal } from './protocol/errors.ts'
import { EXIT } from './setup/exit-codes.ts'
import { StartError } from './setup/start-error.ts'
import { lockInstance, lockPort } from './setup/instance-lock.ts'
import { openNode, stopHosts } from './node/open-node.ts'
import { openNodeRecorder } from './node/node-recorder.ts'
import { onPlaceLost } from './node/place.ts'
import { readAdminToken, readResumeSecret, readTokenKey } from './node/secrets.ts'
import { watchHealth, type HealthyStore } from './node/store-health.ts'
import { healthOf, type Node } from './node/node.ts'
import { Links } from './processes/links.ts'
import { spawnWorker } from './processes/child-process.ts'
import { spawnHost } from './processes/host-process.ts'
import type { WorkerLinks } from './processes/workers.ts'
import type { Health } from './setup/service-reports.ts'
import { StoreUnavailable, type Store } from './store/store.ts'
import { createTraces, startTraces, tracesTimeOf, type StartTracesOptions } from './start-traces.ts'

export interface PrimaryOptions {
  readonly config: Config
  /** Reads environment and file again. Throws ConfigError. */
  readonly readConfig: () => Config
  /** The file that runs a worker if started with `--worker`. */
  readonly script: string
}

export interface Primary {
  readonly port: number
  /** See `Reload.start`. Resolves when the workers were replaced, or when it is certain that they will not be. */
  reload(): Promise<void>
  readonly readHealth: () => Promise<Health>
  /** Resolves when all requests are answered, all connections closed, and everything is on disk. */
  stop(): Promise<void>
}

const MIB = 1024 * 1024
/** Shares of SHUTDOWN_TIMEOUT for workers, hosts and the ends of rooms. The rest is for the ledger and the store. */
const WORKERS_SHARE = 0.7
const HOSTS_SHARE = 0.1
const ENDINGS_SHARE = 0.1

/**
 * Starts a node: lock, store, hub, ledger, port, then the workers. Resolves when all of them listen. Throws StartError if the
 * cause is outside of Drumbeat.
 */
export function startPrimary({ config, readConfig, script }: PrimaryOptions): Promise<Primary> {
  const { settings } = config
  return sayingFull(
    openAll(async (closers) => {
      const lock = await lockInstance(settings.DATA_DIR)
      closers.defer(() => lock.release())
      if (config.sources.NODE_ID === 'default') keepNodeId(settings.DATA_DIR, settings.NODE_ID)
      const logs = openLogs(settings, 'primary')
      const log = logs.of('primary')
      logNodeWarnings(log)
      const metrics = createMetrics('primary', openLoopDelay())
      const traces = await openTraces({ settings, metrics, clock, random, log }, closers)
      const workers: WorkerLinks = new Links()
      const opened = await openHealthyStore(settings, { logs, metrics, onLost: onPlaceLost(log, workers) })
      const { store } = opened
      closers.defer(() => store.close())
      closers.defer(() => opened.journal.close())
      const { recorder, close } = await openNodeRecorder(settings, { metrics, clock, logs })
      closers.defer(close)
      const ports = await lockPorts(settings, closers)
      const node = await openNode(
        {
          config,
          readConfig,
          ...opened,
          recorder,
          secrets: await readSecrets(settings, store, log),
          ports,
          workers,
          hosts: new Links(),
          spawn: ({ HTTP_HEAD_BYTES: headBytesMax }) => spawnWorker({ script, env: readEnvironment(), headBytesMax }),
          spawnHost: ({ GAME_HOST_MEMORY }) =>
            spawnHost({ script, env: readEnvironment(), heapMibMax: Math.floor(GAME_HOST_MEMORY / MIB) }),
          openPool: (signingKey) => openPool(settings, signingKey, logs),
          metrics,
          traces,
          clock,
          random,
          log,
          logs,
        },
        closers,
      )
      tellListening(log, settings, { ...ports, epoch: store.epoch })
      return toPrimary(node, ports.port, closers)
    }),
  )
}

/** Turns a full disk, and a store that accepts no writes, into a StartError of one line, because an operator has to fix that. */
async function sayingFull(starting: Promise<Primary>): Promise<Primary> {
  try {
    return await starting
  } catch (cause) {
    const error = toError(cause)
    if (hasCode(error, 'ENOSPC')) throw new StartError(EXIT.temporary, `the disk is full: ${error.message}`, cause)
    if (error instanceof StoreUnavailable || (error instanceof Refusal && error.code === 'UNAVAILABLE')) {
      throw new StartError(EXIT.temporary, `the store takes no writes: ${error.message}`, cause)
    }
    throw cause
  }
}

async function openTraces(options: StartTracesOptions, closers: Closers): Promise<Traces> {
  const traces = createTraces()
  await startTraces(options, traces)
  closers.defer(() => traces.close(tracesTimeOf(options.settings.SHUTDOWN_TIMEOUT)))
  return traces
}

function toPrimary(node: Node, port: number, closers: Closers): Primary {
  return {
    port,
    reload: () => node.reload.run(),
    readHealth: () => healthOf(node),
    stop: () => stop(node, node.context.settings.SHUTDOWN_TIMEOUT, closers),
  }
}

/** The secrets that workers get with their welcome. */
async function readSecrets(settings: Settings, store: Store, log: Log) {
  return {
    tokenKey: readTokenKey(settings, log),
    adminToken: readAdminToken(settings, log),
    resumeSecret: await readResumeSecret(store),
  }
}

function openPool({ BUY_THREADS }: Settings, signingKey: string, logs: Logs): PlanPool {
  return openPlanPool({
    threads: BUY_THREADS,
    signingKey,
    onError: (error) => logs.of('ledger').warn({ err: toError(error) }, 'a ledger thread failed while it had no work'),
  })
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

/** `adminPort` is null if ADMIN_LISTEN is not set. */
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
  const adminHost = parseListen(ADMIN_LISTEN)?.host
  const admin = adminHost === undefined || adminPort === null ? {} : { adminUrl: httpUrl(adminHost, adminPort) }
  log.info({ url: httpUrl(HTTP_HOST, port), ...admin, path: API_PATH_PREFIX, workers: WORKERS, epoch }, 'listening')
}

/** Closes connections first, then finishes what they asked for, then closes everything in reverse order. */
async function stop(node: Node, withinMs: number, closers: Closers): Promise<void> {
  const { log } = node.context
  node.isDraining = true
  log.info({ withinMs }, 'draining')
  await node.supervisor.stop(withinMs * WORKERS_SHARE)
  await stopHosts(node, withinMs * HOSTS_SHARE)
  // Matches that have ended should still be paid. What cannot be paid in this time is lost with its room.
  await within(node.context.games.endings.idle(), withinMs * ENDINGS_SHARE, undefined)
  await node.context.ledger.idle()
  await sayGoodbye(node.context)
  await closers.close()
  log.info('stopped: everything is answered and on disk')
}
