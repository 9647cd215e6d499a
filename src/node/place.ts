import type { Log } from '../base/log.ts'
import { EXIT } from '../setup/exit-codes.ts'
import type { WorkerLinks } from '../processes/workers.ts'

/** So long the workers may take to close their connections. */
const CLOSING_MS = 1_000

/**
 * A node that lost its place in the cluster for good cannot keep its promises: its connections are closed with 4006, to resume
 * on another node, and the process ends, to be started anew by its service manager.
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
