import type { Log } from '../base/log.ts'
import { EXIT } from '../setup/exit-codes.ts'
import type { WorkerLinks } from '../processes/workers.ts'

/** How long the workers may take to close their connections. */
const CLOSING_MS = 1_000

/**
 * Handles that this node has lost its place in the cluster for good, and so cannot keep its promises. Its connections are closed
 * with 4006, so that clients resume on another node. Then the process exits, and its service manager restarts it.
 */
export function onPlaceLost(log: Log, workers: Pick<WorkerLinks, 'listening'>): (reason: string) => void {
  let isLost = false
  return (reason) => {
    if (isLost) return
    isLost = true
    log.fatal(
      { security: 'fence_lost', reason },
      'this node lost its place in the cluster; closing its connections with 4006',
    )
    const end = () => process.exit(EXIT.temporary)
    setTimeout(end, CLOSING_MS)
    const closed = workers.listening.map(({ link }) => link.ask('closeAll', null).catch(() => null))
    void Promise.all(closed).then(end)
  }
}
