import { writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { toError } from './base/assert.ts'
import { systemClock as clock } from './base/clock.ts'
import type { Log } from './base/log.ts'
import { logNodeWarnings } from './base/node-warnings.ts'
import { systemRandom as random } from './base/random.ts'
import { systemScheduler as scheduler } from './base/scheduler.ts'
import { openLogs } from './config/open-log.ts'
import { decodeConfig } from './config/wire.ts'
import { createHost } from './host/create-host.ts'
import type { HostParts } from './host/host-parts.ts'
import { gameSources, loadCopies, loadedFiles, loadGames } from './host/loader.ts'
import { closeRealm } from './games/realm-guards.ts'
import { openWatch } from './host/watcher.ts'
import type { HostWelcome } from './link/methods/host.ts'
import { isSameLink } from './link/version.ts'
import { openLoopDelay } from './metrics/loop-delay.ts'
import { createMetrics } from './metrics/metrics.ts'
import { EXIT } from './setup/exit-codes.ts'

/** File descriptors from the primary: one end of the link, and the pipe that the watcher thread writes to. */
const LINK_FD = 3
const WATCHER_FD = 4

/** Runs until the primary is gone. A host never outlives it. */
export function runHost(): void {
  createHost({
    stream: new Socket({ fd: LINK_FD, readable: true, writable: true }),
    clock,
    scheduler,
    random,
    begin,
    files: loadedFiles,
    sources: gameSources,
    onClose: () => process.exit(0),
  })
}

async function begin(welcome: HostWelcome): Promise<HostParts> {
  if (!isSameLink(welcome.linkVersion)) endAsStranger()
  const name = `host-${welcome.host}`
  const { settings } = decodeConfig(welcome.config)
  const logs = openLogs(settings, name)
  logNodeWarnings(logs.of('host'))
  // Authors may compile their games themselves. With source maps, errors name the place in their sources.
  process.setSourceMapsEnabled(true)
  closeRealm()
  return {
    games: await loadGames(settings.GAMES),
    copies: settings.GAME_CHECK ? await copiesOf(settings.GAMES, logs.of('games')) : new Map(),
    settings,
    log: logs.of('games'),
    setLogLevel: (part, level) => logs.setLevel(part, level),
    metrics: createMetrics(name, openLoopDelay()),
    watch: await openWatch({
      fd: WATCHER_FD,
      budgetMs: settings.GAME_BUDGET,
      heapBytesMax: settings.GAME_HOST_MEMORY,
    }),
  }
}

/** If the games cannot be loaded twice, they are played without being checked. */
async function copiesOf(paths: readonly string[], log: Log): Promise<HostParts['copies']> {
  try {
    return await loadCopies(paths)
  } catch (error) {
    log.warn({ err: toError(error) }, 'the games cannot be loaded twice, so GAME_CHECK does not check them')
    return new Map()
  }
}

/** Writes to standard error, because the configuration of the log came with the welcome and may be misread. */
function endAsStranger(): never {
  writeSync(
    process.stderr.fd,
    'drumbeat: the files of Drumbeat were changed since this node started, so no host can join it: restart the node\n',
  )
  process.exit(EXIT.configuration)
}
