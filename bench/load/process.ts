import { runBroadcast, type Load, type LoadResult, type Phase, type Target } from './broadcast.ts'

/** What the bench sends to this process, once. */
export interface Order {
  readonly target: Target
  readonly load: Load
}

/** What it hears: the phases as they begin, then one of the other two. */
export type News = { readonly phase: Phase } | { readonly result: LoadResult } | { readonly failed: string }

function tell(news: News): void {
  process.send?.(news)
}

async function carryOut({ target, load }: Order): Promise<void> {
  try {
    tell({ result: await runBroadcast(target, load, (phase) => tell({ phase })) })
  } catch (error) {
    tell({ failed: error instanceof Error ? error.message : String(error) })
  }
}

process.on('disconnect', () => process.exit(1))
process.once('message', (order: Order) => void carryOut(order))
