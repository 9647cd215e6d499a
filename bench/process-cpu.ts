import { readdirSync, readFileSync } from 'node:fs'

/** The unit of times in /proc, USER_HZ. It is 100 on every Linux that Node runs on, whatever tick the kernel has. */
const TICKS_PER_SECOND = 100

/** Positions in /proc/PID/stat after the name, counted from the state, which proc_pid_stat(5) numbers 3. */
const STAT = { parent: 1, user: 11, system: 12, reapedUser: 13, reapedSystem: 14, startTime: 19 } as const

/** /proc/stat: user nice system idle iowait irq softirq steal. */
const CORE_BUSY_COLUMNS = [0, 1, 2, 5, 6, 7]

export interface TreeUsage {
  /** User and system time of all processes, including children that have ended. */
  readonly cpuSeconds: number
  /** The time of the process itself, including children that have ended. */
  readonly rootSeconds: number
  readonly rssBytes: number
  readonly processes: number
}

/** The usage of a process and everything below it, threads included. Throws if the process is gone. */
export function readTreeUsage(root: number): TreeUsage {
  const stats = readAllStats()
  if (!stats.has(root)) throw new Error(`process ${root} is gone`)
  const tree = [root]
  for (const pid of tree) {
    for (const [child, fields] of stats) if (fields[STAT.parent] === pid) tree.push(child)
  }
  const seconds = tree.map((pid) => secondsOf(stats.get(pid) ?? []))
  return {
    cpuSeconds: sum(seconds),
    rootSeconds: seconds[0] ?? 0,
    rssBytes: sum(tree.map(readRssBytes)),
    processes: tree.length,
  }
}

function secondsOf(fields: readonly number[]): number {
  const ticks = [STAT.user, STAT.system, STAT.reapedUser, STAT.reapedSystem].map((at) => fields[at] ?? 0)
  return sum(ticks) / TICKS_PER_SECOND
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

/** The busy time of one core since the machine started, whatever used it. Time that the hypervisor took is included. */
export function readCoreBusySeconds(core: number): number {
  const line = new RegExp(`^cpu${core} (.*)$`, 'm').exec(readFileSync('/proc/stat', 'utf8'))
  const columns = (line?.[1] ?? '').trim().split(' ').map(Number)
  return sum(CORE_BUSY_COLUMNS.map((at) => columns[at] ?? 0)) / TICKS_PER_SECOND
}

/** Tells a process from a later one with the same id. Undefined if there is none. */
export function readStartTime(pid: number): number | undefined {
  return readStat(pid)?.[STAT.startTime]
}

function readAllStats(): Map<number, readonly number[]> {
  const stats = new Map<number, readonly number[]>()
  for (const entry of readdirSync('/proc')) {
    const fields = /^\d+$/.test(entry) ? readStat(Number(entry)) : undefined
    if (fields !== undefined) stats.set(Number(entry), fields)
  }
  return stats
}

/** The fields after the name. The name itself may hold spaces and brackets. */
function readStat(pid: number): readonly number[] | undefined {
  const text = readIfThere(`/proc/${pid}/stat`)
  return text
    ?.slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
}

function readRssBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readIfThere(`/proc/${pid}/status`) ?? '')?.[1]
  return Number(kilobytes ?? 0) * 1024
}

/** A process may end between listing and reading. */
function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ESRCH') return undefined
    throw error
  }
}
