import { readTreeUsage, type TreeUsage } from '../process-cpu.ts'
import type { RunningServer } from '../server.ts'

/** What nodes and etcd used for each event in a window. */
export interface Reading {
  /** CPU time in microseconds for each event, for all nodes together and for etcd. */
  readonly nodesUs: number
  readonly etcdUs: number
  /** Events in one commit. Undefined if the server does not report it. */
  readonly meanBatch: number | undefined
  /** Memory in MiB, of all nodes together and of etcd. */
  readonly nodesMib: number
  readonly etcdMib: number
}

interface Moment {
  readonly nodes: readonly TreeUsage[]
  readonly etcd: TreeUsage
  readonly commits: Commits | undefined
}

interface Commits {
  readonly events: number
  readonly commits: number
}

const MIB = 1024 * 1024

export class Meter {
  readonly #servers: readonly RunningServer[]
  readonly #etcdPid: number

  constructor(servers: readonly RunningServer[], etcdPid: number) {
    this.#servers = servers
    this.#etcdPid = etcdPid
  }

  async read(): Promise<Moment> {
    const nodes = this.#servers.map(({ pid }) => readTreeUsage(pid))
    return { nodes, etcd: readTreeUsage(this.#etcdPid), commits: await readCommits(this.#servers) }
  }

  /** @param events how many there were between the two moments */
  between(before: Moment, after: Moment, events: number): Reading {
    const sum = (usages: readonly TreeUsage[], field: 'cpuSeconds' | 'rssBytes') =>
      usages.reduce((total, usage) => total + usage[field], 0)
    const perEvent = (seconds: number) => (seconds * 1e6) / Math.max(1, events)
    const commits = (after.commits?.commits ?? 0) - (before.commits?.commits ?? 0)
    const committed = (after.commits?.events ?? 0) - (before.commits?.events ?? 0)
    return {
      nodesUs: perEvent(sum(after.nodes, 'cpuSeconds') - sum(before.nodes, 'cpuSeconds')),
      etcdUs: perEvent(after.etcd.cpuSeconds - before.etcd.cpuSeconds),
      meanBatch: commits > 0 ? committed / commits : undefined,
      nodesMib: sum(after.nodes, 'rssBytes') / MIB,
      etcdMib: after.etcd.rssBytes / MIB,
    }
  }
}

async function readCommits(servers: readonly RunningServer[]): Promise<Commits | undefined> {
  let [events, commits] = [0, 0]
  for (const { url } of servers) {
    const text = await readMetrics(url)
    if (text === undefined) return undefined
    const read = (name: string) =>
      Number(new RegExp(`^drumbeat_${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1] ?? 0)
    events += read('commit_events_sum')
    commits += read('commit_events_count')
  }
  return { events, commits }
}

async function readMetrics(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(`${url}/metrics`)
    const text = await response.text()
    return response.ok && text.includes('drumbeat_') ? text : undefined
  } catch {
    return undefined // the plain design has no metrics, only WebSocket
  }
}
