import type { Logs } from '../config/logs.ts'
import type { Watch } from './watch.ts'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Traces } from '../base/trace.ts'
import type { Config } from '../config/load.ts'
import type { Link } from '../link/link.ts'
import type { PrimaryMethods } from '../link/methods/primary.ts'
import type { WorkerMethods, WorkerWelcome } from '../link/methods/worker.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { Namespace } from '../protocol/ids.ts'
import type { SecurityLog } from '../door/security-log.ts'
import type { Access } from '../door/handshake.ts'
import type { ValueLimits } from '../protocol/value.ts'

export type PrimaryLink = Link<WorkerMethods, PrimaryMethods>

export interface WorkerContext {
  readonly link: PrimaryLink
  readonly welcome: WorkerWelcome
  readonly config: Config
  readonly namespaces: Readonly<Record<Access, Namespace>>
  readonly valueLimits: ValueLimits
  readonly clock: Clock
  readonly random: Random
  /** The log of the worker itself. Its parts have logs of their own. */
  readonly log: Log
  readonly logs: Logs
  readonly metrics: Metrics
  readonly security: SecurityLog
  readonly watch: Watch
  readonly traces: Traces
}
