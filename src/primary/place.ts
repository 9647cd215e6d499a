import type { Log } from '../base/log.ts'
import { EXIT } from '../setup/exit-codes.ts'
import type { Supervisor } from './supervisor.ts'

/** So long the workers may take to close their connections. */
const CLOSING_MS = 1_000

export interface PlaceWatch {
  readonly onLost: (reason: string) => void
  /** From here on there are connections to close. */
  supervise(supervisor: Supervisor): void
}

/**
 * A node that lost its place in the cluster for good cannot keep its promises: its connections are closed with 4006, to resume
 * on another node, and the process ends, to be started anew by its supervisor.
 */
export function watchPlace(log: Log): PlaceWatch {
  let supervisor: Supervisor | undefined
  let isLost = false
  return {
    supervise: (one) => {
      supervisor = one
    },
    onLost: (reason) => {
      if (isLost) return
      isLost = true
      log.fatal(
        { security: 'fence_lost', reason },
        'this node lost its place in the cluster; closing its connections with 4006',
      )
      const end = () => process.exit(EXIT.temporary)
      if (!supervisor) return end()
      setTimeout(end, CLOSING_MS)
      void supervisor.closeAll().then(end)
    },
  }
}
