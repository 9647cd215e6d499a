import type { Log } from '../base/log.ts'
import type { Game } from '../games/define.ts'
import type { Link } from '../link/link.ts'
import type { HostMethods, OfHostMethods } from '../link/methods/host.ts'
import type { LogLevel, LogPart } from '../protocol/log-levels.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { HostSettings } from './settings.ts'
import type { CallbackWatch } from './watch.ts'

export type PrimaryLink = Link<HostMethods, OfHostMethods>

/** The parts of a host that exist once the primary has sent its welcome. */
export interface HostParts {
  /** The games, by name. */
  readonly games: ReadonlyMap<string, Game>
  /** The copies for `ReplayCheck`, by name. Empty without GAME_CHECK. */
  readonly copies: ReadonlyMap<string, Game>
  readonly settings: HostSettings
  /** The lines of games go there, too. */
  readonly log: Log
  readonly setLogLevel: (part: LogPart, level: LogLevel | null) => void
  readonly metrics: Metrics
  readonly watch: CallbackWatch
}
