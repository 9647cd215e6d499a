import { quantiles, rateBy, type Look, type Values } from './readings.ts'

/** A process of the node, as its metrics describe it. */
export interface Process {
  readonly name: string
  /** Percent of one core. Null if it is not known. */
  readonly cpu: number | null
  readonly rss: number
  readonly heap: number
  readonly delayMs: number
  /** Unix time in milliseconds. */
  readonly startedMs: number
}

/** A host, with its ticks between the last two reads of /metrics. Times are in milliseconds, or null if no tick was measured. */
export interface Host extends Process {
  readonly tick: Values
  readonly lateness: Values
}

export const PERCENTILES = { p50: 0.5, p99: 0.99 } as const
const MS = 1_000
const HOST = /^host-\d+$/

export function isHost(name: string): boolean {
  return HOST.test(name)
}

/** Returns the processes, sorted by name. */
export function processesOf(look: Look): readonly Process[] {
  const by = (name: string) => look.now.sums(name, 'process')
  const cpu = rateBy('process_cpu_seconds_total', 'process', 100)(look)
  const [rss, heap, delay] = [
    by('process_resident_memory_bytes'),
    by('process_heap_used_bytes'),
    by('event_loop_delay_p99_seconds'),
  ]
  const found = Array.from(by('process_start_time_seconds'), ([name, startedS]) => ({
    name,
    cpu: cpu.get(name) ?? null,
    rss: rss.get(name) ?? 0,
    heap: heap.get(name) ?? 0,
    delayMs: (delay.get(name) ?? 0) * MS,
    startedMs: startedS * MS,
  }))
  return found.toSorted((one, other) => one.name.localeCompare(other.name, undefined, { numeric: true }))
}

export function hostsOf(look: Look): readonly Host[] {
  return processesOf(look)
    .filter(({ name }) => isHost(name))
    .map((host) => ({
      ...host,
      tick: quantiles('game_tick_seconds', PERCENTILES, MS, { process: host.name })(look),
      lateness: quantiles('game_tick_lateness_seconds', PERCENTILES, MS, { process: host.name })(look),
    }))
}
