import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

type Collect = (options: { readonly type: 'major'; readonly execution: 'sync'; readonly flavor: 'last-resort' }) => void

let collect: Collect | undefined

/**
 * Collects this process's garbage now, and gives free pages of its heap back to the system. V8 does neither while nothing new is
 * allocated, and an ordinary collection keeps the pages. Blocks the process, for about 0.1 s with a heap of 100 MB. Buffers are
 * outside of the heap: the allocator keeps their memory for later ones.
 */
export function collectGarbage(): void {
  if (!collect) {
    setFlagsFromString('--expose-gc')
    collect = runInNewContext('gc') as Collect
  }
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}

/** After a collection there is none for ten times as long as it took. */
const REST = 10

export interface CollectorOptions {
  readonly nowMs: () => number
  readonly schedule?: (action: () => void, delayMs: number) => void
  readonly collect?: () => void
}

/**
 * Returns a function that collects garbage, at once or as soon as collections take no more than a tenth of the time. The limit is
 * needed because a collection of a heap of 400 MB, all in use, takes 0.9 s and frees nothing, however short memory is.
 */
export function createCollector({ nowMs, schedule = later, collect = collectGarbage }: CollectorOptions): () => void {
  let restUntilMs = -Infinity
  let isScheduled = false
  const run = () => {
    isScheduled = false
    const startedMs = nowMs()
    collect()
    const endedMs = nowMs()
    restUntilMs = endedMs + (endedMs - startedMs) * REST
  }
  return () => {
    if (isScheduled) return
    const waitMs = restUntilMs - nowMs()
    if (waitMs <= 0) return run()
    isScheduled = true
    schedule(run, waitMs)
  }
}

function later(action: () => void, delayMs: number): void {
  setTimeout(action, delayMs).unref()
}

/** The bytes of V8's heap, garbage included, and its limit. The process ends if the heap reaches the limit. */
export function readHeap(): { readonly usedBytes: number; readonly limitBytes: number } {
  const { used_heap_size: usedBytes, heap_size_limit: limitBytes } = getHeapStatistics()
  return { usedBytes, limitBytes }
}
