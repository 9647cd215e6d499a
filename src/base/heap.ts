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

/** Of what V8's heap may be, what it is, garbage included: at 1 the process ends. */
export function heapShare(): number {
  const { used_heap_size, heap_size_limit } = getHeapStatistics()
  return used_heap_size / heap_size_limit
}
