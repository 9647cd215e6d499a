import { execFileSync } from 'node:child_process'
import { createHistogram } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { startEtcd } from '../../test/helpers/etcd.ts'
import type { Cores } from '../cores.ts'
import { Connection } from '../load/connection.ts'
import { FrameTemplate, messageText } from '../load/message.ts'
import { Schedule } from '../load/schedule.ts'
import { readTreeUsage } from '../process-cpu.ts'
import { startServer, type RunningServer } from '../server.ts'
import { Owned } from './owned.ts'
import type { System } from './systems.ts'

export interface ClusterLoad {
  readonly nodes: number
  /** Messages a second, over all nodes. */
  readonly rate: number
  readonly seconds: number
  readonly warmupSeconds: number
  readonly messageBytes: number
}

export interface ClusterTrial {
  readonly load: ClusterLoad
  /** Of those sent in the window, by the time it closed. */
  readonly deliveredShare: number
  /** Missing or twice in the end, over all connections. */
  readonly wrong: number
  readonly latencyMs: { readonly p50: number; readonly p99: number }
  /** Microseconds for each event on all its nodes. */
  readonly cpuPerEventUs: { readonly nodes: number; readonly etcd: number }
  /** Events in one commit, where the server tells. */
  readonly meanBatch: number | undefined
  readonly rssMib: { readonly nodes: number; readonly etcd: number }
}

const SETTLE_MS = 3_000
const DRAIN_MS_MAX = 15_000
const MIB = 1024 * 1024

/**
 * Nodes that share an etcd of one member, all of it on the server's core; one connection to each node sends its part of the
 * messages, and gets all.
 */
export async function runClusterTrial(system: System, load: ClusterLoad, cores: Cores): Promise<ClusterTrial> {
  const owned = new Owned()
  try {
    const etcd = await startEtcd(owned)
    const core = cores.pinned ? cores.server : undefined
    if (core !== undefined) execFileSync('taskset', ['-acp', String(core), String(etcd.member.pid)])
    const endpoint = etcd.member.endpoint
    const peers = Array.from({ length: load.nodes }, (_, i) => system(i + 1, endpoint))
    const servers: RunningServer[] = []
    for (const peer of peers) {
      const server = await startServer(peer, core)
      owned.teardown(() => server.stop())
      servers.push(server)
    }
    await sleep(SETTLE_MS)
    return await measure({ peers, servers, etcdPid: etcd.member.pid, load, owned })
  } finally {
    await owned.end()
  }
}

interface Running {
  readonly peers: readonly ReturnType<System>[]
  readonly servers: readonly RunningServer[]
  readonly etcdPid: number
  readonly load: ClusterLoad
  readonly owned: Owned
}

async function measure({ peers, servers, etcdPid, load, owned }: Running): Promise<ClusterTrial> {
  const schedule = new Schedule(load.rate)
  const histogram = createHistogram()
  const from = Math.round(load.warmupSeconds * load.rate)
  const to = from + Math.round(load.seconds * load.rate)
  const seen = servers.map(() => new Uint8Array(to))
  let nowMs = 0
  const connections = servers.map(({ url }, i) => {
    const onEvent = (sequence: number) => {
      const counts = seen[i]
      if (counts) counts[sequence] = (counts[sequence] ?? 0) + 1
      if (sequence >= from) histogram.record(Math.max(1, Math.round((nowMs - schedule.dueMs(sequence)) * 1000)))
    }
    const onRead = () => void (nowMs = performance.now())
    const peer = peers[i] as ReturnType<System>
    return new Connection({ url, dialect: peer, onEvent, onRead })
  })
  owned.teardown(() => connections.forEach((connection) => connection.end()))
  await Promise.all(connections.map((connection) => connection.ready()))
  const templates = peers.map((peer) => new FrameTemplate(peer.request(messageText(load.messageBytes))))
  const send = (sequence: number) => {
    const i = sequence % connections.length
    connections[i]?.send((templates[i] as FrameTemplate).withSequence(sequence))
  }
  const received = () => connections.reduce((sum, { counter }) => sum + counter.events, 0)
  const usage = () => ({
    nodes: servers.map(({ pid }) => readTreeUsage(pid)),
    etcd: readTreeUsage(etcdPid),
    commits: undefined,
  })
  schedule.startAt(performance.now() + 100)
  await schedule.run(0, from, send)
  await schedule.until(from)
  const [before, receivedBefore, commitsBefore] = [usage(), received(), await readCommits(servers)]
  await schedule.run(from, to, send)
  await schedule.until(to)
  const [after, receivedAfter, commitsAfter] = [usage(), received(), await readCommits(servers)]
  const deadlineMs = performance.now() + DRAIN_MS_MAX
  while (received() < to * connections.length && performance.now() < deadlineMs) await sleep(50)
  const events = (receivedAfter - receivedBefore) / connections.length
  const cpuUs = (read: (one: ReturnType<typeof usage>) => number) =>
    ((read(after) - read(before)) * 1e6) / Math.max(1, events)
  const sumOf = (one: ReturnType<typeof usage>) => one.nodes.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0)
  return {
    load,
    deliveredShare: events / (to - from),
    wrong: seen
      .flatMap((counts) => counts.reduce((wrong, count) => wrong + (count === 1 ? 0 : 1), 0))
      .reduce((a, b) => a + b, 0),
    latencyMs: { p50: histogram.percentile(50) / 1000, p99: histogram.percentile(99) / 1000 },
    cpuPerEventUs: { nodes: cpuUs(sumOf), etcd: cpuUs(({ etcd }) => etcd.cpuSeconds) },
    meanBatch: meanBatch(commitsBefore, commitsAfter),
    rssMib: {
      nodes: after.nodes.reduce((sum, { rssBytes }) => sum + rssBytes, 0) / MIB,
      etcd: after.etcd.rssBytes / MIB,
    },
  }
}

interface Commits {
  readonly events: number
  readonly commits: number
}

/** From the metrics of the nodes; undefined where there are none. */
async function readCommits(servers: readonly RunningServer[]): Promise<Commits | undefined> {
  let [events, commits] = [0, 0]
  for (const { url } of servers) {
    const response = await fetch(`${url}/metrics`).catch(() => undefined)
    if (!response?.ok) return undefined
    const text = await response.text()
    const read = (name: string) =>
      Number(new RegExp(`^drumbeat_${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1] ?? NaN)
    events += read('commit_events_sum')
    commits += read('commit_events_count')
  }
  return Number.isNaN(events) ? undefined : { events, commits }
}

function meanBatch(before: Commits | undefined, after: Commits | undefined): number | undefined {
  if (!before || !after) return undefined
  return (after.events - before.events) / Math.max(1, after.commits - before.commits)
}
