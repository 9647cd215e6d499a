import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Clock } from './clock.ts'

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

/**
 * Collects garbage as often as it is asked to, but for a tenth of the time at most: with a heap of 400 MB that are in use one takes 0.9 s
 * and frees nothing, however short memory is.
 */
export function createCollector({ nowMs }: Pick<Clock, 'nowMs'>, collect = collectGarbage): () => void {
  let restUntilMs = -Infinity
  return () => {
    const startedMs = nowMs()
    if (startedMs < restUntilMs) return
    collect()
    const endedMs = nowMs()
    restUntilMs = endedMs + (endedMs - startedMs) * REST
  }
}

/** Bytes of V8's heap, garbage included, and what they may be: there the process ends. */
export function readHeap(): { readonly usedBytes: number; readonly limitBytes: number } {
  const { used_heap_size: usedBytes, heap_size_limit: limitBytes } = getHeapStatistics()
  return { usedBytes, limitBytes }
}
