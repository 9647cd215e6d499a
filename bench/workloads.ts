import type { Measured } from './generator.ts'
import type { Job } from './load/order.ts'
import { findPeer } from './peers/index.ts'
import { COLUMN, ratio, type Goal, type Line, type Workload } from './workload.ts'

/** After two seconds Drumbeat's primary still takes 1.7 times the CPU that it takes after twenty, when its code is compiled. */
const BROADCAST = { connections: 1000, rooms: 0, warmupSeconds: 20, seconds: 8, messageBytes: 112, readEveryMs: 20 }
/** CPU, the primary's part of it, latency and memory. */
const COST_COLUMNS = [COLUMN.cores, COLUMN.primary, COLUMN.micros, COLUMN.p50, COLUMN.p99, COLUMN.rss]
const DELIVERY_COLUMNS = [COLUMN.rate, COLUMN.deliveries, ...COST_COLUMNS, COLUMN.frame, COLUMN.lost]
const REQUEST_COLUMNS = [COLUMN.perSecond, COLUMN.cores, COLUMN.micros, COLUMN.p50, COLUMN.p99, COLUMN.rss]

function linesOf(peers: readonly string[], job: Job): readonly Line[] {
  return peers.map((peer) => ({ name: peer, title: findPeer(peer).title, peer, job }))
}

/** One sender. Every connection gets each message. */
function broadcastAt(rate: number, peers: readonly string[], goals: readonly Goal[]): Workload {
  return {
    name: `broadcast-${rate}`,
    title: `one sender, every connection gets each message, ${rate}/s`,
    what: `${BROADCAST.connections} connections, ${rate} messages/s of ${BROADCAST.messageBytes} bytes for ${BROADCAST.seconds} s.`,
    lines: linesOf(peers, { kind: 'broadcast', load: { ...BROADCAST, rate } }),
    columns: DELIVERY_COLUMNS,
    goals,
  }
}

const costOf = (other: string, atMost: number): Goal => {
  return {
    text: `CPU per delivery, of ${findPeer(other).title}'s`,
    measured: ratio('microsEach', 'drumbeat', other),
    atMost,
  }
}
const p99Under = (atMost: number): Goal => {
  return { text: 'p99, ms', measured: (median) => median('drumbeat', 'p99Ms'), atMost }
}
const perCpuSecond = (other: string, atLeast: number, line = 'drumbeat'): Goal => {
  const measured = ratio('perCpuSecond', line, other)
  return { text: `per CPU-second, times ${findPeer(other).title}'s`, measured, atLeast }
}
const perSecond = (other: string, atLeast: number, line = 'drumbeat'): Goal => {
  const measured = ratio('perSecond', line, other)
  return { text: `per second, times ${findPeer(other).title}'s`, measured, atLeast }
}

/** The rates that are tried one after the other, until one is not held. */
const LADDER = [50, 75, 100, 200, 300, 400, 600, 800, 1000, 1500, 2000, 2500, 3000, 4000, 5000, 6000]
const SUSTAINED_P99_MS = 50

function isSustained({ figures }: Measured): boolean {
  return figures['held'] === 1 && (figures['p99Ms'] ?? Infinity) < SUSTAINED_P99_MS
}

/** Finds the highest rate of the ladder that a server holds. A rate that is not held is tried again with the full warm-up. */
async function climb(measure: (job: Job) => Promise<Measured>): Promise<Measured> {
  let highest: Measured | undefined
  for (const rate of LADDER) {
    const load = { ...BROADCAST, rate, seconds: 4 }
    let measured = await measure({ kind: 'broadcast', load: { ...load, warmupSeconds: 1.5 } })
    if (!isSustained(measured)) measured = await measure({ kind: 'broadcast', load })
    if (!isSustained(measured)) break
    // A rate counts as held at 98 % or more, so the rate of the ladder is reported. Servers on the same rung are level.
    highest = { ...measured, figures: { ...measured.figures, perSecond: rate * load.connections } }
  }
  if (!highest) throw new Error(`it does not hold ${LADDER[0]}/s`)
  return highest
}

/** At 8 messages a second in each room all servers keep up. At about 20, only plain uWebSockets.js does. */
const ROOMS = {
  connections: 10_000,
  rooms: 1000,
  rate: 8000,
  warmupSeconds: 15,
  seconds: 8,
  messageBytes: 112,
  readEveryMs: 20,
}
const SLOW = { connections: 1000, rate: 200, messageBytes: 1024, seconds: 60 }

/** In the order of the report. */
export const WORKLOADS: readonly Workload[] = [
  broadcastAt(
    200,
    ['drumbeat', 'uws', 'ws', 'socket-io', 'colyseus'],
    [perCpuSecond('ws', 2.5), perCpuSecond('socket-io', 3), perCpuSecond('colyseus', 3)],
  ),
  broadcastAt(
    300,
    ['drumbeat', 'drumbeat-msgpack', 'uws', 'ws', 'socket-io', 'socket-io-uws'],
    [costOf('uws', 0.6), p99Under(25)],
  ),
  broadcastAt(1000, ['drumbeat', 'uws', 'socket-io-uws'], [costOf('uws', 0.85), p99Under(25)]),
  broadcastAt(3000, ['drumbeat', 'uws'], [costOf('uws', 0.6)]),
  {
    name: 'sustained',
    title: 'the highest broadcast rate held with p99 < 50 ms',
    what: `1,000 connections, ${LADDER.join(', ')} messages/s of 112 bytes, 4 s each.`,
    lines: linesOf(['drumbeat', 'uws', 'ws', 'socket-io', 'socket-io-uws', 'colyseus'], {
      kind: 'broadcast',
      load: { ...BROADCAST, rate: 0 },
    }).map((line) => ({ ...line, run: climb })),
    columns: DELIVERY_COLUMNS,
    goals: [perSecond('uws', 1), perSecond('ws', 10), perSecond('socket-io', 12), perSecond('colyseus', 10)],
  },
  {
    name: 'requests',
    title: 'a request and its reply',
    what: '100 connections with 4 requests under way each: session.ping, against servers that send back what comes.',
    lines: linesOf(['drumbeat', 'uws-echo', 'ws-echo'], {
      kind: 'requests',
      load: { connections: 100, underWay: 4, warmupSeconds: 2, seconds: 6 },
    }),
    columns: REQUEST_COLUMNS,
    goals: [perCpuSecond('uws-echo', 0.5), perCpuSecond('ws-echo', 2)],
  },
  {
    name: 'direct',
    title: 'messages between users on two workers',
    what: '200 connections, 4,000 messages/s of 112 bytes, each to one other connection.',
    lines: linesOf(['drumbeat-2', 'socket-io-cluster'], {
      kind: 'direct',
      load: { connections: 200, rate: 4000, warmupSeconds: 20, seconds: 8, messageBytes: 112 },
    }),
    columns: [COLUMN.perSecond, ...COST_COLUMNS, COLUMN.lost],
    goals: [perCpuSecond('socket-io-cluster', 3, 'drumbeat-2')],
  },
  {
    name: 'workers',
    title: 'members on several workers, against one',
    what: '1,000 connections, 1,000 messages/s of 112 bytes to all of them; all workers share the one core.',
    lines: linesOf(['drumbeat', 'drumbeat-2', 'drumbeat-4'], { kind: 'broadcast', load: { ...BROADCAST, rate: 1000 } }),
    columns: DELIVERY_COLUMNS,
    goals: [perCpuSecond('drumbeat', 0.9, 'drumbeat-2')],
  },
  {
    name: 'idle',
    title: 'memory of connections that do nothing',
    what: '15,000 connections, in their namespace and one of 150 rooms, with a token where ours is; RSS of all processes over that before.',
    lines: linesOf(['drumbeat-private', 'uws', 'socket-io'], {
      kind: 'idle',
      load: { connections: 15_000, rooms: 150, warmupConnections: 500, settleSeconds: 5 },
    }),
    columns: [
      { key: 'connections', heading: 'connections', digits: 0 },
      { key: 'rssGrownBytes', heading: 'KiB each', digits: 2, unit: 15_000 * 1024 },
      COLUMN.rss,
    ],
    goals: [
      {
        text: 'KiB each',
        measured: (median) => median('drumbeat-private', 'rssGrownBytes') / (15_000 * 1024),
        atMost: 2.5,
      },
    ],
  },
  {
    name: 'storm',
    title: 'connections as fast as they come',
    what: '10,000 connections, 200 handshakes under way; ours with a token each.',
    lines: linesOf(['drumbeat-private', 'uws', 'ws', 'socket-io'], {
      kind: 'storm',
      load: { connections: 10_000, underWay: 200, warmupConnections: 1000 },
    }),
    columns: [
      COLUMN.perSecond,
      COLUMN.cores,
      COLUMN.micros,
      COLUMN.rss,
      { key: 'refused', heading: 'refused', digits: 0 },
    ],
    goals: [
      perSecond('uws', 0.5, 'drumbeat-private'),
      { text: 'refused', measured: (median) => median('drumbeat-private', 'refused'), atMost: 0 },
    ],
  },
  {
    name: 'rooms',
    title: '1,000 rooms of 10, a sender in each',
    what: `${ROOMS.connections} connections, ${ROOMS.rate} messages/s of ${ROOMS.messageBytes} bytes over all rooms.`,
    lines: linesOf(['drumbeat-private', 'uws', 'ws', 'colyseus'], { kind: 'broadcast', load: ROOMS }),
    columns: DELIVERY_COLUMNS,
    goals: [
      {
        text: "CPU per delivery, of bare uWebSockets.js's",
        measured: ratio('microsEach', 'drumbeat-private', 'uws'),
        atMost: 0.8,
      },
      perCpuSecond('ws', 3, 'drumbeat-private'),
      perCpuSecond('colyseus', 3, 'drumbeat-private'),
    ],
  },
  {
    name: 'slow-readers',
    title: 'some read next to nothing',
    what: '1,000 connections, 200 messages/s of 1,024 bytes for 60 s; latency is that of all who read.',
    lines: [0, 100].map((slow) => ({
      name: `slow-${slow}`,
      title: `Drumbeat, ${slow} of 1,000 read 1 KB/s`,
      peer: 'drumbeat',
      job: { kind: 'slow', load: { ...SLOW, slow } },
    })),
    columns: [
      COLUMN.deliveries,
      COLUMN.p50,
      COLUMN.p99,
      COLUMN.lost,
      { key: 'rssGrownBytes', heading: 'RSS grown, MiB', digits: 0, unit: 1024 * 1024 },
      { key: 'slowClosed', heading: 'slow ones closed', digits: 0 },
      { key: 'slowClosedAfterS', heading: 'the last after, s', digits: 1 },
    ],
    goals: [
      { text: 'p99, times that without slow ones', measured: ratio('p99Ms', 'slow-100', 'slow-0'), atMost: 1.2 },
      { text: 'lost', measured: (median) => median('slow-100', 'lost'), atMost: 0 },
      {
        text: 'slow ones closed',
        measured: (median) => median('slow-100', 'slowClosed'),
        atLeast: 100,
      },
      {
        text: 'RSS grown beyond that without them, of 100 × (1 MiB + 64 KiB) × 1.2',
        measured: (median) => {
          return (median('slow-100', 'rssGrownBytes') - median('slow-0', 'rssGrownBytes')) / (100 * 1088 * 1024 * 1.2)
        },
        atMost: 1,
      },
      {
        text: 'the last slow one closed after, s',
        measured: (median) => median('slow-100', 'slowClosedAfterS'),
        atMost: 20,
      },
    ],
  },
  // uWebSockets.js closes a connection that sends the next request before an answer that takes longer than its handler.
  ...(
    [
      ['/health', 4],
      ['/api/v1/goods', 1],
    ] as const
  ).map(([path, pipelining]): Workload => {
    return {
      name: `http${path.replaceAll('/', '-')}`,
      title: `GET ${path}`,
      what: `autocannon, 50 connections, ${pipelining === 1 ? 'one request at a time' : `${pipelining} requests pipelined`}.`,
      lines: linesOf(['drumbeat', 'fastify'], {
        kind: 'http',
        load: { path, connections: 50, pipelining, warmupSeconds: 2, seconds: 6 },
      }),
      columns: REQUEST_COLUMNS,
      goals: [perCpuSecond('fastify', 1)],
    }
  }),
]
