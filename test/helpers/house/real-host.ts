import { systemClock } from '../../../src/base/clock.ts'
import type { Log } from '../../../src/base/log.ts'
import { systemScheduler } from '../../../src/base/scheduler.ts'
import { decodeConfig } from '../../../src/config/wire.ts'
import type { Game } from '../../../src/games/define.ts'
import { createHost } from '../../../src/host/create-host.ts'
import type { GameSource } from '../../../src/link/methods/host.ts'
import { NO_WATCH } from '../../../src/host/watch.ts'
import { createMetrics } from '../../../src/metrics/metrics.ts'
import { NO_LOG } from '../no-log.ts'
import type { StartHost } from './host.ts'
import { NO_LOOP_DELAY } from './worker.ts'

type Games = readonly Game[]

/** A host of the house that runs these games. If a function is given, it is called when the host starts. */
export function realHost(
  given: Games | (() => Games | Promise<Games>),
  { log = NO_LOG, isChecked = false }: { readonly log?: Log; readonly isChecked?: boolean } = {},
): StartHost {
  let made = 0
  const load = () => (typeof given === 'function' ? given() : given)
  return (stream, onClose) => {
    let games: Games = []
    return createHost({
      stream,
      clock: systemClock,
      scheduler: systemScheduler,
      random: { fraction: Math.random, uuid: () => `uuid-${++made}`, token: () => `token-${++made}` },
      begin: async ({ config, host }) => {
        games = await load()
        return {
          games: new Map(games.map((game) => [game.name, game])),
          copies: new Map(isChecked ? games.map((game) => [game.name, game]) : []),
          settings: decodeConfig(config).settings,
          log,
          setLogLevel: () => {},
          metrics: createMetrics(`host-${host}`, NO_LOOP_DELAY),
          watch: NO_WATCH,
        }
      },
      files: () => [],
      sources: () => games.map(sourceOf),
      onClose,
    })
  }
}

const codes = new WeakMap<Game, string>()
let codesMade = 0

/** As if each definition were a file of its own. */
function sourceOf(game: Game): GameSource {
  const code = codes.get(game) ?? `code ${++codesMade}`
  codes.set(game, code)
  return { name: game.name, file: `/games/${game.name}.ts`, code }
}
