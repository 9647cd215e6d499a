import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { openClient } from '../helpers/client.ts'
import { startNodes } from '../helpers/cluster.ts'
import { skipWithout, startEtcd } from '../helpers/etcd.ts'
import { percentile } from '../helpers/percentile.ts'
import { checkEtcd } from '../prove/check-etcd.ts'
import type { TestServer } from '../helpers/server.ts'
import { holdsWithin } from '../helpers/until.ts'
import { NOTHING_WRONG } from '../e2e/channel-check.ts'
import { SHOP, underLoad, type LoadResult } from './load.ts'

/** P8: `KILLS=20 PAUSE_S=30` before an issue is called done. */
const KILLS = Number(process.env['KILLS'] ?? 5)
const PAUSE_MS = Number(process.env['PAUSE_S'] ?? 8) * 1000
/** P9. */
const LOST_MS = Number(process.env['LOST_S'] ?? 10) * 1000
const FLOOR_PER_SECOND = 20

function checkLoad(t: Test, load: LoadResult, tookMs: number): void {
  const perSecond = (load.accepted / tookMs) * 1000
  t.ok(perSecond > FLOOR_PER_SECOND, `${Math.round(perSecond)} broadcasts/s, or the run says nothing`)
  for (const finding of load.findings) t.strictSame(finding, NOTHING_WRONG)
}

t.test(`${KILLS} leaders of etcd are killed under load`, skipWithout('3.5'), async (t) => {
  const etcd = await startEtcd(t, { members: 3 })
  const nodes = await startNodes(t, etcd.endpoints, { env: { WORKERS: '1' } })
  const killedAtMs: number[] = []
  const startedMs = performance.now()
  const load = await underLoad(t, nodes, async () => {
    await sleep(2_000)
    for (let i = 0; i < KILLS; i++) {
      const leader = await etcd.leader()
      killedAtMs.push(performance.now())
      await leader.kill()
      await sleep(PAUSE_MS / 2)
      await leader.restart()
      await sleep(PAUSE_MS / 2)
    }
  })
  checkLoad(t, load, performance.now() - startedMs)
  const all = [...load.broadcasts, ...load.purchases]
  // The longest wait that a kill had caused, for each.
  const stalls = killedAtMs.map((killedMs, i) => {
    const untilMs = killedAtMs[i + 1] ?? Infinity
    const hit = all.filter(({ atMs, tookMs }) => atMs + tookMs > killedMs && atMs < untilMs)
    return Math.max(...hit.map(({ tookMs }) => tookMs))
  })
  const refusals = [...load.refusals].map(([code, times]) => `${code} ${times}`).join(', ')
  t.comment(
    `stalls p50 ${ms(percentile(stalls, 0.5))}, p95 ${ms(percentile(stalls, 0.95))}, worst ${ms(Math.max(...stalls))}`,
  )
  t.comment(`${load.accepted} broadcasts, ${load.purchases.length} purchases; meanwhile ${refusals}`)
  t.equal(killedAtMs.length, KILLS)
  t.ok(percentile(stalls, 0.95) <= 5_000)
  t.ok(Math.max(...stalls) <= 10_000)
  const attempts = load.shoppers.flatMap((shopper) => shopper.attempts).sort((a, b) => a.returnedMs - b.returnedMs)
  t.strictSame(await checkEtcd(etcd, attempts, SHOP), [])
})

t.test('a lost quorum is said within 2 s, and over within 5 s', skipWithout('3.5'), async (t) => {
  const etcd = await startEtcd(t, { members: 3 })
  const nodes = await startNodes(t, etcd.endpoints, { env: { WORKERS: '1' } })
  const [one] = nodes as [TestServer]
  const client = await openClient(one, { token: one.mint('alice') })
  t.teardown(() => client.terminate())
  const ask = async () => {
    const startedMs = performance.now()
    const reply = await client.request('core.game.state.broadcast', { message: 1 })
    return { code: reply.error?.code ?? 'done', tookMs: performance.now() - startedMs }
  }
  t.equal((await ask()).code, 'done')
  const stopped = etcd.members.slice(0, 2)
  for (const member of stopped) member.stop()
  const untilMs = performance.now() + LOST_MS
  const answers: Awaited<ReturnType<typeof ask>>[] = []
  while (performance.now() < untilMs) {
    answers.push(await ask())
    await sleep(100)
  }
  const codes = new Set(answers.map(({ code }) => code))
  const slowest = Math.max(...answers.map(({ tookMs }) => tookMs))
  t.comment(`${answers.length} answers: ${[...codes].join(', ')}; the slowest took ${ms(slowest)}`)
  t.ok(codes.isSubsetOf(new Set(['UNAVAILABLE', 'OUTCOME_UNKNOWN'])))
  t.ok(slowest < 2_100)
  t.equal((await fetch(`${one.url}/ready`)).status, 503)
  t.notOk(client.isClosed)
  for (const member of stopped) member.cont()
  const backMs = performance.now()
  t.ok(await holdsWithin(async () => (await ask()).code === 'done', 5_000))
  t.comment(`works again after ${ms(performance.now() - backMs)}`)
  t.ok(await holdsWithin(async () => (await fetch(`${one.url}/ready`)).status === 200, 5_000))
})

function ms(value: number): string {
  return `${Math.round(value)} ms`
}
