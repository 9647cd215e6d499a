import t from 'tap'
import { openLoopDelay } from '../../src/metrics/loop-delay.ts'
import { createMetrics, type Metrics } from '../../src/metrics/metrics.ts'
import { GatheredMetrics } from '../../src/node/gather-metrics.ts'

function create(t: { teardown(run: () => void): void }, name: string): Metrics {
  const loopDelay = openLoopDelay()
  t.teardown(() => loopDelay.close())
  return createMetrics(name, loopDelay)
}

/** A worker that answers, or never does. */
function workerOf(worker: number, metrics: Metrics | undefined) {
  const answer = async () => ({ metrics: await metrics?.toJson() })
  return { id: worker, link: { ask: metrics ? answer : () => new Promise<never>(() => {}) } as never }
}

function valueOf(text: string, name: string): number {
  return Number(new RegExp(`^${name}(?:{.*})? (\\S+)$`, 'm').exec(text)?.[1])
}

t.test('counts of workers that went are kept, however many, and gauges are not', async (t) => {
  const gathered = new GatheredMetrics(create(t, 'primary'))
  for (let worker = 1; worker <= 30; worker++) {
    const metrics = create(t, `worker-${worker}`)
    metrics.deliveries.inc(2)
    metrics.commitSeconds.observe(0.01)
    metrics.slowReaders.set(1)
    const { text } = await gathered.read([workerOf(worker, metrics)])
    t.equal(valueOf(text, 'drumbeat_deliveries_total'), 2 * worker)
    t.equal(valueOf(text, 'drumbeat_commit_seconds_count'), worker)
    t.equal(valueOf(text, 'drumbeat_slow_readers'), 1)
    t.equal(text.match(/^drumbeat_process_cpu_seconds_total/gm)?.length, 2, 'series do not grow with restarts')
    gathered.gone(worker)
  }
})

t.test('a worker that does not answer counts with what it said last', async (t) => {
  // The time it is waited for keeps no process alive.
  const alive = setInterval(() => {}, 1_000)
  t.teardown(() => clearInterval(alive))
  const gathered = new GatheredMetrics(create(t, 'primary'))
  const metrics = create(t, 'worker-1')
  metrics.deliveries.inc(5)
  await gathered.read([workerOf(1, metrics)])
  const { text } = await gathered.read([workerOf(1, undefined)])
  t.equal(valueOf(text, 'drumbeat_deliveries_total'), 5)
  gathered.gone(2)
})
