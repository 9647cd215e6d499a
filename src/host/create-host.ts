import type { Duplex } from 'node:stream'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Scheduler } from '../base/scheduler.ts'
import type { Game } from '../games/define.ts'
import type { Link } from '../link/link.ts'
import type { HostMethods, HostWelcome, OfHostMethods } from '../link/methods/host.ts'
import type { LogLevel, LogPart } from '../protocol/log-levels.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { HostSettings } from './settings.ts'
import type { CallbackWatch } from './watch.ts'

export type PrimaryLink = Link<HostMethods, OfHostMethods>

/** What a host is made of once the primary has said its welcome. */
export interface HostParts {
  /** By their names. */
  readonly games: ReadonlyMap<string, Game>
  readonly settings: HostSettings
  /** What games log goes there, too. */
  readonly log: Log
  readonly setLogLevel: (part: LogPart, level: LogLevel | null) => void
  readonly metrics: Metrics
  readonly watch: CallbackWatch
}

export interface HostOptions {
  /** The link to the primary. */
  readonly stream: Duplex
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly random: Random
  /** Loads the games. */
  readonly begin: (welcome: HostWelcome) => HostParts | Promise<HostParts>
  /** The primary is gone or stuck, or the games could not be loaded. */
  readonly onClose: (why: string) => void
}

export interface Host {
  /** Ends its rooms, without a word to the primary. */
  close(): void
}

/** A host in this process: it runs the games of rooms for the primary at the other end of the stream. */
export type CreateHost = (options: HostOptions) => Host
