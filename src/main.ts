import { fileURLToPath } from 'node:url'
import { toError } from './base/assert.ts'
import { readEnvironment } from './config/environment.ts'
import { ConfigError, loadConfig, type Config } from './config/load.ts'
import { readServiceEnvironment } from './config/service-environment.ts'
import type { Primary } from './primary.ts'
import { EXIT } from './setup/exit-codes.ts'
import { preflight, thisMachine } from './setup/preflight.ts'
import { ServiceManager } from './setup/service-manager.ts'
import { startReports } from './setup/service-reports.ts'
import { StartError } from './setup/start-error.ts'
import { printWelcome } from './setup/welcome.ts'

/** Configuration and machine are looked at first, then what only one instance may have; the port opens last. */
async function runPrimary(): Promise<void> {
  const env = readEnvironment()
  const config = loadConfig({ env })
  await checkMachine(config)
  const manager = new ServiceManager(readServiceEnvironment(env, process.pid), warn)
  // Before it serves there is nothing to reload.
  const onReload = { run: () => {} }
  process.on('SIGHUP', () => onReload.run())
  const stopped = waitForSignal()
  const { startPrimary } = await import('./primary.ts')
  const readConfig = () => loadConfig({ env: readEnvironment() })
  const primary = await startPrimary({ config, readConfig, script: fileURLToPath(import.meta.url) })
  onReload.run = () => void reload(primary, manager)
  manager.ready()
  const reports = startReports({ manager, readHealth: primary.readHealth })
  printWelcome(config, primary.port)
  await stopped
  manager.stopping()
  await primary.stop()
  reports.stop()
  manager.close()
  process.exit(0)
}

/** What is wrong is said, and nothing is changed. */
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
  process.stderr.write(`drumbeat: warning: ${message}\n`)
}

/** Resolves with the first SIGTERM or SIGINT, which drains; the second one ends the process at once. */
function waitForSignal(): Promise<void> {
  return new Promise((resolve) => {
    let signals = 0
    const onSignal = () => {
      if (++signals > 1) process.exit(1)
      resolve()
    }
    process.on('SIGTERM', onSignal)
    process.on('SIGINT', onSignal)
  })
}

function fail(thrown: unknown): never {
  const error = toError(thrown)
  const isForPeople = error instanceof ConfigError || error instanceof StartError
  const text = isForPeople ? error.message : (error.stack ?? error.message)
  for (const line of text.split('\n')) process.stderr.write(`drumbeat: ${line}\n`)
  process.exit(error instanceof StartError ? error.exitCode : isForPeople ? EXIT.configuration : EXIT.internal)
}

// `--worker`: started by the primary, which speaks over the link.
if (process.argv.includes('--worker')) {
  const { runWorker } = await import('./worker.ts')
  runWorker()
} else {
  await runPrimary().catch(fail)
}
