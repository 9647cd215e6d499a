import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { Traces } from '../base/trace.ts'
import type { Logs } from '../config/logs.ts'
import { decodeConfig } from '../config/wire.ts'
import type { WorkerWelcome } from '../link/methods/worker.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { Namespace } from '../protocol/ids.ts'
import { SecurityLog } from '../door/security-log.ts'
import type { WorkerContext, PrimaryLink } from './context.ts'
import { createWatch } from './watch.ts'

export interface OpenOptions {
  readonly link: PrimaryLink
  readonly welcome: WorkerWelcome
  readonly clock: Clock
  readonly random: Random
  readonly logs: Logs
  readonly metrics: Metrics
  readonly traces: Traces
}

/** How often the log reports how many lines it has left out. */
const LEFT_OUT_MS = 10_000

/** Creates the context that the parts of a worker need. Its timer runs as long as the process does. */
export function openContext(options: OpenOptions): WorkerContext {
  const { link, welcome, clock, logs, metrics } = options
  const config = decodeConfig(welcome.config)
  const { settings } = config
  const onEvent = (event: string) => metrics.securityEvents.inc({ event })
  const security = new SecurityLog({ log: logs.of('security'), clock, onEvent })
  setInterval(() => security.tellLeftOut(), LEFT_OUT_MS)
  return {
    ...options,
    config,
    namespaces: { private: settings.NAMESPACE_PRIVATE as Namespace, guest: settings.NAMESPACE_GUEST as Namespace },
    valueLimits: { depthMax: settings.MAX_JSON_DEPTH, keysMax: settings.MAX_JSON_KEYS },
    log: logs.of('worker'),
    security,
    watch: createWatch({
      metrics,
      security,
      trustedProxies: settings.TRUSTED_PROXIES,
      tellMisfit: (misfit) => link.tell('misfit', misfit),
    }),
  }
}
