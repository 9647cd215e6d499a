import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openClient, type TestClient } from '../../test/helpers/client.ts'
import { startNodes } from '../../test/helpers/cluster.ts'
import { startEtcd, type TestEtcd } from '../../test/helpers/etcd.ts'
import { describeMachine, readVersions } from '../machine.ts'
import { plotLines } from '../plot.ts'
import { createProgress } from '../progress.ts'
import { Owned } from '../owned.ts'

/**
 * `npm run bench -- retention --minutes 60`: puts a steady load on a cluster whose log is compacted, and records the size of
 * etcd's database. It should level off after LOG_RETENTION.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    rate: { type: 'string', default: '200' },
    retention: { type: 'string', default: '10m' },
  },
})
const MINUTES = Number(values.minutes)
const RATE = Number(values.rate)
const SAMPLE_MS = 10_000
const PURCHASES_PER_SECOND = 5
const CLIENTS_PER_NODE = 20
const RESULTS = join(import.meta.dirname, '../results')
const MIB = 1024 * 1024

interface Sample {
  readonly minute: number
  readonly sizeMib: number
  readonly inUseMib: number
  readonly revision: number
}

const progress = createProgress(process.stderr)
const owned = new Owned()
try {
  const samples = await run()
  const machine = describeMachine()
  const name = `retention-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`
  await mkdir(RESULTS, { recursive: true })
  const report = { machine, versions: readVersions(['etcd3']), ...values, samples }
  await writeFile(join(RESULTS, `${name}.json`), `${JSON.stringify(report, undefined, 1)}\n`)
  await writeFile(join(RESULTS, `${name}.svg`), plot(samples))
  progress.say(`written to ${join(RESULTS, name)}.json and .svg`)
} finally {
  await owned.end()
}

async function run(): Promise<readonly Sample[]> {
  const etcd = await startEtcd(owned)
  const env = { WORKERS: '1', LOG_RETENTION: values.retention, HISTORY_TTL: values.retention, HISTORY_BYTES: '16MiB' }
  const nodes = await startNodes(owned, etcd.endpoints, { count: 2, env })
  const clients: TestClient[] = []
  for (const node of nodes) {
    for (let i = 0; i < CLIENTS_PER_NODE; i++) {
      clients.push(await openClient(node, { token: node.mint(`player-${clients.length}`) }))
    }
    const credit = { currency: 'gold', amount: 1_000_000_000 }
    for (const { userId } of clients) {
      await node.admin('POST', `/api/v1/players/${userId}/credit`, {
        ...credit,
        idempotency_key: `start-${userId}-0000000`,
      })
    }
  }
  owned.teardown(() => clients.forEach((client) => client.terminate()))
  const startedMs = performance.now()
  const untilMs = startedMs + MINUTES * 60_000
  const samples: Sample[] = []
  const load = drive(clients, untilMs)
  while (performance.now() < untilMs) {
    const sample = { minute: (performance.now() - startedMs) / 60_000, ...(await readSize(etcd)) }
    samples.push(sample)
    progress.show(
      `${sample.minute.toFixed(1)} of ${MINUTES} min · database ${sample.sizeMib.toFixed(1)} MiB, ` +
        `${sample.inUseMib.toFixed(1)} in use · revision ${sample.revision}`,
    )
    await sleep(SAMPLE_MS)
  }
  const failed = await load
  progress.say(`${failed} requests failed`)
  return samples
}

/** An open loop of broadcasts, purchases, and joins and leaves of rooms. Resolves to how many requests failed. */
async function drive(clients: readonly TestClient[], untilMs: number): Promise<number> {
  let failed = 0
  const startedMs = performance.now()
  const send = (i: number, eventType: string, payload: unknown) => {
    const client = clients[i % clients.length]
    void client?.request(eventType, payload).then(
      ({ success }) => (failed += success ? 0 : 1),
      () => failed++,
    )
    client?.frames.splice(1, Math.max(0, client.frames.length - 200)) // otherwise an hour of frames stays in memory
  }
  for (let i = 0; performance.now() < untilMs; i++) {
    const waitMs = startedMs + (i * 1000) / RATE - performance.now()
    if (waitMs > 1) await sleep(waitMs)
    send(i, 'core.game.state.broadcast', { message: { i, text: 'x'.repeat(100) } })
    if (i % (RATE / PURCHASES_PER_SECOND) === 0) {
      send(i / 7, 'core.game.state.buy_good', {
        good_id: 'potion',
        count: 1,
        idempotency_key: `bench-purchase-${i}-0000`,
      })
      send(i, 'core.game.room.join', { room_id: `room-${i % 1000}` })
      send(i, 'core.game.room.leave', { room_id: `room-${i % 1000}` })
    }
  }
  return failed
}

async function readSize(etcd: TestEtcd): Promise<Omit<Sample, 'minute'>> {
  const [status] = JSON.parse(await etcd.etcdctl('endpoint', 'status', '-w', 'json')) as readonly [
    { Status: { dbSize: number; dbSizeInUse: number; header: { revision: number } } },
  ]
  const { dbSize, dbSizeInUse, header } = status.Status
  return { sizeMib: dbSize / MIB, inUseMib: dbSizeInUse / MIB, revision: header.revision }
}

function plot(samples: readonly Sample[]): string {
  const line = (name: string, read: (sample: Sample) => number) => {
    return { name, points: samples.map((sample) => [sample.minute, read(sample)] as const) }
  }
  return plotLines({
    title: `etcd's database under ${RATE} events/s, LOG_RETENTION ${values.retention}`,
    xAxis: 'minutes',
    yAxis: 'MiB',
    series: [line('file', ({ sizeMib }) => sizeMib), line('in use', ({ inUseMib }) => inUseMib)],
  })
}
