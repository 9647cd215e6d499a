import { systemClock } from '../../../src/base/clock.ts'
import type { Log } from '../../../src/base/log.ts'
import { systemScheduler } from '../../../src/base/scheduler.ts'
import { decodeConfig } from '../../../src/config/wire.ts'
import type { Game } from '../../../src/games/define.ts'
import { createHost } from '../../../src/host/create-host.ts'
import { NO_WATCH } from '../../../src/host/watch.ts'
import { createMetrics } from '../../../src/metrics/metrics.ts'
import { NO_LOG } from '../no-log.ts'
import type { StartHost } from './host.ts'
import { NO_LOOP_DELAY } from './worker.ts'

/** A host of the house that runs these games. If a function is given, it is called when the host starts. */
export function realHost(
  given: readonly Game[] | (() => readonly Game[]),
  { log = NO_LOG, isChecked = false }: { readonly log?: Log; readonly isChecked?: boolean } = {},
): StartHost {
  let made = 0
  const load = () => (typeof given === 'function' ? given() : given)
  return (stream, onClose) =>
    createHost({
      stream,
      clock: systemClock,
      scheduler: systemScheduler,
      random: { fraction: Math.random, uuid: () => `uuid-${++made}`, token: () => `token-${++made}` },
      begin: ({ config, host }) => ({
        games: new Map(load().map((game) => [game.name, game])),
        copies: new Map(isChecked ? load().map((game) => [game.name, game]) : []),
        settings: decodeConfig(config).settings,
        log,
        setLogLevel: () => {},
        metrics: createMetrics(`host-${host}`, NO_LOOP_DELAY),
        watch: NO_WATCH,
      }),
      files: () => [],
      onClose,
    })
}
