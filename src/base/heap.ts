import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

type Collect = (options: { readonly type: 'major'; readonly execution: 'sync'; readonly flavor: 'last-resort' }) => void

let collect: Collect | undefined

/**
 * Collects this process's garbage now, and gives the pages of its heap back to the system: V8 does neither while nothing new is
 * made, and an ordinary collection keeps the pages. Holds everything up, for some 0.1 s with a heap of 100 MB. Buffers are not in the
 * heap: what they had the allocator keeps for the next ones.
 */
export function collectGarbage(): void {
  if (!collect) {
    setFlagsFromString('--expose-gc')
    collect = runInNewContext('gc') as Collect
  }
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}

/** Times what a collection took: how long there is none after it. */
const REST = 10

export interface CollectorOptions {
  readonly nowMs: () => number
  readonly schedule?: (action: () => void, delayMs: number) => void
  readonly collect?: () => void
}

/**
 * Collects garbage when it is asked to, or as soon as that takes no more than a tenth of the time: with a heap of 400 MB that are in use a
 * collection takes 0.9 s and frees nothing, however short memory is.
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

/** Bytes of V8's heap, garbage included, and what they may be: there the process ends. */
export function readHeap(): { readonly usedBytes: number; readonly limitBytes: number } {
  const { used_heap_size: usedBytes, heap_size_limit: limitBytes } = getHeapStatistics()
  return { usedBytes, limitBytes }
}
