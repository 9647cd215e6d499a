import { execFileSync } from 'node:child_process'
import { createHistogram } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { startEtcd } from '../../test/helpers/etcd.ts'
import type { Cores } from '../cores.ts'
import { Connection } from '../../src/load/connection.ts'
import { FrameTemplate, messageText } from '../../src/load/message.ts'
import { Schedule } from '../../src/load/schedule.ts'
import type { Peer } from '../peers/peer.ts'
import { startServer, type RunningServer } from '../server.ts'
import { Meter, type Reading } from './meter.ts'
import { Owned } from '../owned.ts'
import { ADMIN_TOKEN } from '../peers/drumbeat.ts'
import type { System } from './systems.ts'

export interface ClusterLoad {
  readonly nodes: number
  /** Messages per second over all nodes. */
  readonly rate: number
  readonly seconds: number
  readonly warmupSeconds: number
  readonly messageBytes: number
}

export interface ClusterTrial {
  readonly load: ClusterLoad
  /** The share of the messages sent in the window that had arrived when it closed, averaged over all connections. */
  readonly deliveredShare: number
  /** Messages that were missing or came twice in the end, over all connections. */
  readonly wrong: number
  readonly latencyMs: { readonly p50: number; readonly p99: number }
  readonly usage: Reading
}

const SETTLE_MS = 2_500
const DRAIN_MS_MAX = 10_000
const ATTEMPTS_MAX = 40

interface Program {
  readonly peer: Peer
  readonly server: RunningServer
}

/**
 * Runs nodes that share an etcd of one member, all on the server's core. There is one connection to each worker. Each sends its
 * part of the messages, and each gets all of them.
 */
export async function runClusterTrial(system: System, load: ClusterLoad, cores: Cores): Promise<ClusterTrial> {
  const owned = new Owned()
  try {
    const etcd = await startEtcd(owned)
    const core = cores.pinned ? cores.server : undefined
    if (core !== undefined)
      execFileSync('taskset', ['-acp', String(core), String(etcd.member.pid)], { stdio: 'ignore' })
    const programs: Program[] = []
    for (const peer of system.programs(load.nodes, etcd.member.endpoint)) {
      const server = await startServer(peer, core)
      owned.teardown(() => server.stop())
      programs.push({ peer, server })
    }
    await sleep(SETTLE_MS)
    const meter = new Meter(
      programs.map(({ server }) => server),
      etcd.member.pid,
    )
    return await new ClusterRun({ programs, system, load, meter, owned }).run()
  } finally {
    await owned.end()
  }
}

interface RunOptions {
  readonly programs: readonly Program[]
  readonly system: System
  readonly load: ClusterLoad
  readonly meter: Meter
  readonly owned: Owned
}

class ClusterRun {
  readonly #options: RunOptions
  readonly #schedule: Schedule
  readonly #histogram = createHistogram()
  readonly #connections: Connection[] = []
  readonly #seen: Uint8Array[] = []
  readonly #from: number
  readonly #to: number
  #nowMs = 0

  constructor(options: RunOptions) {
    const { rate, warmupSeconds, seconds } = options.load
    this.#options = options
    this.#schedule = new Schedule(rate)
    this.#from = Math.round(warmupSeconds * rate)
    this.#to = this.#from + Math.round(seconds * rate)
    options.owned.teardown(() => this.#connections.forEach((connection) => connection.end()))
  }

  async run(): Promise<ClusterTrial> {
    const { load, meter } = this.#options
    const send = await this.#connect()
    this.#schedule.startAt(performance.now() + 100)
    await this.#schedule.run(0, this.#from, send)
    await this.#schedule.until(this.#from)
    const [before, receivedBefore] = [await meter.read(), this.#received()]
    await this.#schedule.run(this.#from, this.#to, send)
    await this.#schedule.until(this.#to)
    const events = (this.#received() - receivedBefore) / this.#connections.length
    const usage = meter.between(before, await meter.read(), events)
    const deadlineMs = performance.now() + DRAIN_MS_MAX
    while (this.#received() < this.#to * this.#connections.length && performance.now() < deadlineMs) await sleep(50)
    const wrong = this.#seen.reduce((sum, counts) => sum + counts.reduce((n, count) => n + (count === 1 ? 0 : 1), 0), 0)
    const latencyMs = { p50: this.#histogram.percentile(50) / 1000, p99: this.#histogram.percentile(99) / 1000 }
    return { load, deliveredShare: events / (this.#to - this.#from), wrong, latencyMs, usage }
  }

  #received(): number {
    return this.#connections.reduce((sum, { counter }) => sum + counter.events, 0)
  }

  /** Opens a connection to each worker. Resolves to a function that sends each message from the next connection in turn. */
  async #connect(): Promise<(sequence: number) => void> {
    const { programs, system, load } = this.#options
    const templates: FrameTemplate[] = []
    for (const program of programs) {
      for (let worker = 1; worker <= system.workersPerProgram; worker++) {
        await this.#open(program, worker)
        templates.push(new FrameTemplate(program.peer.dialect.broadcast(messageText(load.messageBytes), undefined)))
      }
    }
    return (sequence) => {
      const i = sequence % templates.length
      this.#connections[i]?.send((templates[i] as FrameTemplate).withSequence(sequence))
    }
  }

  /** The kernel chooses the worker. So this opens connections until that many workers have one. */
  async #open(program: Program, workers: number): Promise<void> {
    const { peer, server } = program
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const seen = new Uint8Array(this.#to)
      const onEvent = (sequence: number) => {
        seen[sequence] = (seen[sequence] ?? 0) + 1
        const lateMs = this.#nowMs - this.#schedule.dueMs(sequence)
        if (sequence >= this.#from) this.#histogram.record(Math.max(1, Math.round(lateMs * 1000)))
      }
      const onRead = () => void (this.#nowMs = performance.now())
      const connection = new Connection({ url: server.url, dialect: peer.dialect, onEvent, onRead })
      await connection.ready()
      if (workers === 1 || (await workersWithSomebody(program)) === workers) {
        this.#connections.push(connection)
        this.#seen.push(seen)
        return
      }
      connection.end()
      await sleep(50)
    }
    throw new Error(`${peer.title}: no connection to worker ${workers}`)
  }
}

async function workersWithSomebody({ peer, server }: Program): Promise<number> {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
  const response = await fetch(`${server.url}/api/v1/connections`, { headers })
  const { items } = (await response.json()) as { items: { node: string; worker: number }[] }
  return new Set(items.filter(({ node }) => node === peer.name).map(({ worker }) => worker)).size
}
