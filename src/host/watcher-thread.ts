import { readFileSync, writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../base/clock.ts'
import { CELL, type WatcherData, type WatcherName } from './watcher-cells.ts'

const { cells, fd, budgetMs, heapBytesMax } = workerData as WatcherData
const everyMs = Math.min(25, Math.max(5, budgetMs / 20))
/**
 * The interval while no callback runs. Each look costs some 0.2 ms on an idle machine, and a callback that begins meanwhile is
 * noticed that much later.
 */
const idleEveryMs = Math.min(100, budgetMs / 5)
/** If the main thread had less than this share of the time on a processor, it was not looping, but the machine was busy. */
const CPU_SHARE = 0.5
/**
 * After this many budgets the process is ended, however little processor time it has used. The callback may be waiting for
 * something.
 */
const BUDGETS_MAX = 4
/** If a look comes later than this many intervals, this thread itself was not running. */
const LATE_LOOKS = 4
const CLOCK_TICK_MS = 10
const PAGE_BYTES = 4_096
const KIB = 1024
/**
 * The share of the heap's limit at which memory counts as short. The size of the heap is estimated. To report too early does
 * little harm, but a shortage must not be missed.
 */
const SHORT_SHARE = 0.9

const names = new Map<number, string>()
parentPort?.on('message', ({ number, name }: WatcherName) => names.set(number, name))

let seen = 0
let sinceMs = 0
let cpuMs: number | undefined
let lookedMs = 0
let waitMs = everyMs
/** The size of the process and of its heap, when the main thread last told the size of its heap. */
let known = { residentBytes: readResidentBytes(), heapBytes: 0 }
cells[CELL.heapWanted] = 1

look()

function look(): void {
  const nowMs = systemClock.nowMs()
  const sequence = Atomics.load(cells, CELL.sequence)
  const isIdle = sequence === seen && !isRunning(sequence)
  // The callback is named even if it has ended, because what it left on the heap may leave too little for the next one.
  if (!isIdle && isMemoryShort()) say('memory', 0)
  const wasStopped = nowMs - lookedMs > LATE_LOOKS * waitMs
  lookedMs = nowMs
  waitMs = isIdle ? idleEveryMs : everyMs
  setTimeout(look, waitMs)
  if (sequence !== seen || wasStopped) {
    seen = sequence
    sinceMs = nowMs
    cpuMs = isRunning(sequence) ? readCpuMs() : undefined
    return
  }
  if (isRunning(sequence) && isOverBudget(nowMs - sinceMs)) end(nowMs - sinceMs)
}

parentPort?.postMessage('looks')

function isRunning(sequence: number): boolean {
  return (sequence & 1) === 1
}

function isOverBudget(ranMs: number): boolean {
  if (ranMs < budgetMs) return false
  const nowMs = readCpuMs()
  const usedMs = nowMs === undefined || cpuMs === undefined ? ranMs : nowMs - cpuMs
  return usedMs >= budgetMs * CPU_SHARE || ranMs >= budgetMs * BUDGETS_MAX
}

/** Returns the processor time of the main thread, or undefined if there is no /proc. See proc_pid_stat(5), fields 14 and 15. */
function readCpuMs(): number | undefined {
  try {
    const stat = readFileSync(`/proc/self/task/${process.pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) * CLOCK_TICK_MS
  } catch {
    return undefined
  }
}

/**
 * While a callback does not end, the main thread cannot tell the size of its heap. So the growth of the process since then is
 * taken as growth of the heap.
 */
function isMemoryShort(): boolean {
  if (cells[CELL.heapWanted] === 0) {
    known = { residentBytes: (cells[CELL.residentKib] ?? 0) * KIB, heapBytes: (cells[CELL.heapKib] ?? 0) * KIB }
    cells[CELL.heapWanted] = 1
  }
  return known.heapBytes + readResidentBytes() - known.residentBytes >= heapBytesMax * SHORT_SHARE
}

/** Returns 0 if there is no /proc. See proc_pid_statm(5). */
function readResidentBytes(): number {
  try {
    const [, resident] = readFileSync('/proc/self/statm', 'latin1').split(' ')
    return Number(resident) * PAGE_BYTES
  } catch {
    return 0
  }
}

function end(ranMs: number): void {
  try {
    say('time', ranMs)
  } finally {
    process.kill(process.pid, 'SIGKILL')
  }
}

/** Writes a line of JSON, see `Culprit`. */
function say(why: 'time' | 'memory', ranMs: number): void {
  const culprit = {
    why,
    handle: (cells[CELL.handle] ?? 0) >>> 0,
    game: names.get(cells[CELL.game] ?? -1) ?? '?',
    callback: names.get(cells[CELL.callback] ?? -1) ?? '?',
    tick: cells[CELL.tick] ?? 0,
    ranMs: Math.round(ranMs),
  }
  writeSync(fd, `${JSON.stringify(culprit)}\n`)
}
