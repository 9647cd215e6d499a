import { runDirect } from './direct.ts'
import { runBroadcastJob } from './broadcast.ts'
import { runHttp } from './http.ts'
import { runIdle } from './idle.ts'
import type { News, Order } from './order.ts'
import type { JobResult, OnPhase } from './result.ts'
import { runRequests } from './requests.ts'
import { runSlow } from './slow.ts'
import { runStorm } from './storm.ts'

function tell(news: News): void {
  process.send?.(news)
}

function run({ target, job }: Order, onPhase: OnPhase): Promise<JobResult> {
  switch (job.kind) {
    case 'broadcast':
      return runBroadcastJob(target, job.load, onPhase)
    case 'requests':
      return runRequests(target, job.load, onPhase)
    case 'direct':
      return runDirect(target, job.load, onPhase)
    case 'idle':
      return runIdle(target, job.load, onPhase)
    case 'storm':
      return runStorm(target, job.load, onPhase)
    case 'slow':
      return runSlow(target, job.load, onPhase)
    case 'http':
      return runHttp(target, job.load, onPhase)
  }
}

async function carryOut(order: Order): Promise<void> {
  try {
    tell({ result: await run(order, (phase) => tell({ phase })) })
  } catch (error) {
    tell({ failed: error instanceof Error ? error.message : String(error) })
  }
}

process.on('disconnect', () => process.exit(1))
process.once('message', (order: Order) => void carryOut(order))
