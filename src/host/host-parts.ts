import type { Log } from '../base/log.ts'
import type { Game } from '../games/define.ts'
import type { Link } from '../link/link.ts'
import type { HostMethods, OfHostMethods } from '../link/methods/host.ts'
import type { LogLevel, LogPart } from '../protocol/log-levels.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { HostSettings } from './settings.ts'
import type { CallbackWatch } from './watch.ts'

export type PrimaryLink = Link<HostMethods, OfHostMethods>

/** What a host is made of once the primary has said its welcome. */
export interface HostParts {
  /** By their names. */
  readonly games: ReadonlyMap<string, Game>
  /** See `ReplayCheck`; empty without GAME_CHECK. */
  readonly copies: ReadonlyMap<string, Game>
  readonly settings: HostSettings
  /** What games log goes there, too. */
  readonly log: Log
  readonly setLogLevel: (part: LogPart, level: LogLevel | null) => void
  readonly metrics: Metrics
  readonly watch: CallbackWatch
}
