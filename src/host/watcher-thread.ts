import { readFileSync, writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../base/clock.ts'
import { CELL, type WatcherData, type WatcherName } from './watcher-cells.ts'

const { cells, fd, budgetMs, heapBytesMax } = workerData as WatcherData
const everyMs = Math.min(25, Math.max(5, budgetMs / 20))
/** While nothing runs: each look costs an idle machine some 0.2 ms, and a callback that begins meanwhile is seen that much later. */
const idleEveryMs = Math.min(100, budgetMs / 5)
/** A main thread that has not had this share of the time to itself was not looping: the machine was busy. */
const CPU_SHARE = 0.5
/** After so many budgets it is ended whatever it has used: it may wait for something. */
const BUDGETS_MAX = 4
/** Between two looks: this thread itself had no time. */
const LATE_LOOKS = 4
const CLOCK_TICK_MS = 10
const PAGE_BYTES = 4_096
const KIB = 1024
/** Of the heap's limit: what it has is estimated, and may be said early, but not never. */
const SHORT_SHARE = 0.9

const names = new Map<number, string>()
parentPort?.on('message', ({ number, name }: WatcherName) => names.set(number, name))

let seen = 0
let sinceMs = 0
let cpuMs: number | undefined
let lookedMs = 0
let waitMs = everyMs
/** Of the process and of its heap, when the main thread last said what its heap has. */
let known = { residentBytes: readResidentBytes(), heapBytes: 0 }
cells[CELL.heapWanted] = 1

look()

function look(): void {
  const nowMs = systemClock.nowMs()
  const sequence = Atomics.load(cells, CELL.sequence)
  const isIdle = sequence === seen && !isRunning(sequence)
  // What it leaves behind may be more than is left for what comes after it: so it is named also when it has ended.
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

/** What the main thread has used of a processor; undefined where there is no /proc. See proc_pid_stat(5), fields 14 and 15. */
function readCpuMs(): number | undefined {
  try {
    const stat = readFileSync(`/proc/self/task/${process.pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) * CLOCK_TICK_MS
  } catch {
    return undefined
  }
}

/** A callback that does not end does not say what the heap has: what the process has grown since is the heap, most of all. */
function isMemoryShort(): boolean {
  if (cells[CELL.heapWanted] === 0) {
    known = { residentBytes: (cells[CELL.residentKib] ?? 0) * KIB, heapBytes: (cells[CELL.heapKib] ?? 0) * KIB }
    cells[CELL.heapWanted] = 1
  }
  return known.heapBytes + readResidentBytes() - known.residentBytes >= heapBytesMax * SHORT_SHARE
}

/** See proc_pid_statm(5); 0 where there is no /proc. */
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

/** As `Culprit` of the primary has it. */
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
