import { toError } from './base/assert.ts'
import { standardError } from './base/line-output.ts'
import { within } from './base/delay.ts'
import { isRunByNpx, readEnvironment } from './config/environment.ts'
import { ConfigError, loadConfig, type Config } from './config/load.ts'
import { readServiceEnvironment } from './config/service-environment.ts'
import type { Primary } from './primary.ts'
import { EXIT } from './setup/exit-codes.ts'
import { preflight, thisMachine } from './setup/preflight.ts'
import { ServiceManager } from './setup/service-manager.ts'
import { startReports } from './setup/service-reports.ts'
import type { Signals } from './setup/signals.ts'
import { StartError } from './setup/start-error.ts'
import { printWelcome } from './setup/welcome.ts'

export interface StartOptions {
  /** The file that runs a worker if started with `--worker`. */
  readonly script: string
  readonly signals: Signals
}

/** Runs the server until it is told to stop, then ends the process. */
export async function start(options: StartOptions): Promise<never> {
  try {
    await serve(options)
    process.exit(0)
  } catch (error) {
    fail(error)
  }
}

/** Checks the configuration and the machine first, then takes what only one instance may have. The port opens last. */
async function serve({ script, signals }: StartOptions): Promise<void> {
  const env = readEnvironment()
  if (isRunByNpx(env)) signals.stopWithParent()
  const config = loadConfig({ env })
  config.warnings.forEach(warn)
  await checkMachine(config)
  const manager = new ServiceManager(readServiceEnvironment(env, process.pid), warn)
  const { startPrimary } = await import('./primary.ts')
  const readConfig = () => loadConfig({ env: readEnvironment() })
  const starting = startPrimary({ config, readConfig, script })
  const stopped = whenAborted(signals.stopped)
  // If a stop comes during the start, the start is finished first, so that everything is closed in order.
  const early = stopped.then(() => within(starting, config.settings.SHUTDOWN_TIMEOUT, undefined))
  const primary = await Promise.race([starting, early])
  // The start still waits for something, such as etcd, so no client is connected, and the process can just end.
  if (!primary) return
  signals.onReload(() => void reload(primary, manager))
  manager.ready()
  const reports = startReports({ manager, readHealth: primary.readHealth })
  if (!signals.stopped.aborted) printWelcome(config, primary.port)
  await stopped
  manager.stopping()
  await primary.stop()
  reports.stop()
  manager.close()
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** A failed reload changes nothing, and says what is wrong. */
async function reload(primary: Primary, manager: ServiceManager): Promise<void> {
  manager.reloading()
  try {
    await primary.reload()
  } catch (thrown) {
    for (const line of toError(thrown).message.split('\n')) warn(line)
  }
  manager.ready()
}

async function checkMachine({ settings }: Config): Promise<void> {
  const problems = await preflight(
    settings,
    thisMachine(() => import('./transport/uws/uws.ts')),
  )
  for (const problem of problems) {
    if (problem.fatal) throw new StartError(problem.exitCode, problem.message)
    warn(problem.message)
  }
}

function warn(message: string): void {
  standardError().write(`drumbeat: warning: ${message}\n`)
}

function fail(thrown: unknown): never {
  const error = toError(thrown)
  const isForPeople = error instanceof ConfigError || error instanceof StartError
  const text = isForPeople ? error.message : (error.stack ?? error.message)
  for (const line of text.split('\n')) standardError().write(`drumbeat: ${line}\n`)
  process.exit(error instanceof StartError ? error.exitCode : isForPeople ? EXIT.configuration : EXIT.internal)
}
