/** The processes of a server, hosts among them, and what Linux says of them. */
import { readFileSync } from 'node:fs'
import type { TestServer } from '../../helpers/server.ts'
import { cpuSecondsOf, memoryOf, type Process } from '../server-vitals.ts'
import { slopeOf, type Sample, type Slope } from '../slope.ts'

const KINDS = { '--worker': 'worker', '--host': 'host' } as const

/** The primary, and what it has started and is there now. */
export function runningProcesses({ pid }: TestServer): readonly Process[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean)
  const counts = { worker: 0, host: 0 }
  const named = children.flatMap((child) => {
    const args = readFileSync(`/proc/${child}/cmdline`, 'utf8').split('\0')
    const kind = Object.entries(KINDS).find(([flag]) => args.includes(flag))?.[1]
    return kind ? [{ name: `${kind} ${++counts[kind]}`, pid: Number(child) }] : []
  })
  return [{ name: 'primary', pid }, ...named]
}

/** Kills the oldest host. */
export function killHost(server: TestServer): void {
  const host = runningProcesses(server).find(({ name }) => name.startsWith('host'))
  if (host) process.kill(host.pid, 'SIGKILL')
}

/** What one process has used between `start` and `stop`. */
export interface ProcessUse {
  readonly name: string
  /** Of one core. */
  readonly cpuShare: number
  readonly memoryBytes: number
  /** undefined: too few samples. */
  readonly slope: Slope | undefined
}

const SAMPLE_MS = 1_000
const SAMPLES_MIN = 60

/** Watches the processes from its making on; those must live until `stop`. */
export class ProcessWatch {
  readonly #processes: readonly Process[]
  readonly #samples: Map<number, Sample[]>
  readonly #cpuBefore: Map<number, number>
  readonly #startedMs = performance.now()
  readonly #ownBefore = process.cpuUsage()
  readonly #timer: NodeJS.Timeout

  constructor(processes: readonly Process[]) {
    this.#processes = processes
    this.#samples = new Map(processes.map(({ pid }) => [pid, []]))
    this.#cpuBefore = new Map(processes.map((one) => [one.pid, cpuSecondsOf(one)]))
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS)
  }

  /** @param warmS is left out of the slopes */
  stop(warmS: number): readonly ProcessUse[] {
    clearInterval(this.#timer)
    const seconds = (performance.now() - this.#startedMs) / 1000
    const uses = this.#processes.map((one): ProcessUse => {
      const samples = (this.#samples.get(one.pid) ?? []).filter((sample) => sample.seconds >= warmS)
      return {
        name: one.name,
        cpuShare: (cpuSecondsOf(one) - (this.#cpuBefore.get(one.pid) ?? 0)) / seconds,
        memoryBytes: memoryOf(one).anonymousBytes,
        slope: samples.length < SAMPLES_MIN ? undefined : slopeOf(samples),
      }
    })
    const { user, system } = process.cpuUsage(this.#ownBefore)
    const own = { cpuShare: (user + system) / 1e6 / seconds, memoryBytes: process.memoryUsage.rss(), slope: undefined }
    return [...uses, { name: 'players (this process)', ...own }]
  }

  #sample(): void {
    const seconds = (performance.now() - this.#startedMs) / 1000
    for (const one of this.#processes) {
      this.#samples.get(one.pid)?.push({ seconds, bytes: memoryOf(one).anonymousBytes })
    }
  }
}
