import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { startNodes } from '../helpers/cluster.ts'
import { startEtcd, skipWithout, type TestEtcd } from '../helpers/etcd.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { startProxy, type TcpProxy } from '../helpers/tcp-proxy.ts'
import { checkEtcd } from './check-etcd.ts'
import { checkLmdb } from './check-lmdb.ts'
import type { Attempt, Shop } from './purchase-checker.ts'
import { goShopping, stockUp } from './shopping.ts'

/**
 * PROOFS P1 on real servers. `npm run prove -- purchases` with the environment:
 * STORE=lmdb|etcd · PURCHASES=1000000: so many without faults · MINUTES=10: so long under faults · KILLS=200: so often everything is
 * killed in mid-load (P12, on LMDB).
 */
const STORE = process.env['STORE'] ?? 'lmdb'
const PURCHASES = Number(process.env['PURCHASES'] ?? 20_000)
const MINUTES = Number(process.env['MINUTES'] ?? 0.5)
const KILLS = Number(process.env['KILLS'] ?? 5)
const START_MS_MAX = 2_000
const SHOPPERS = 200
/** So few that the server has a core to start on. */
const SHOPPERS_WHEN_KILLED = 40
const FUNDS = 1_000_000
const SHOP: Shop = {
  funds: FUNDS,
  price: 3,
  stock: {
    hot: PURCHASES,
    rare: 100,
    ...Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`good-${i}`, null])),
  },
}
/** Signatures take most of a checker's time; in a large run some are enough. */
const signaturesOf = (attempts: readonly Attempt[]) => Math.ceil(attempts.length / 50_000)
const CHECK_MS_MAX = 60_000
const FLOOR_PER_SECOND = 200
const ENV = { RATE_PURCHASES: '100000', RATE_MESSAGES: '100000', BUY_QUEUE_MAX: '10000' }
/** Of what goes to etcd that is long enough to be a transaction. */
const CUT_SHARE = 0.05

async function check(t: Test, find: () => Promise<readonly string[]>): Promise<void> {
  const startedMs = performance.now()
  const wrong = await find()
  const tookMs = performance.now() - startedMs
  t.strictSame(wrong, [], 'nothing is wrong')
  t.ok(tookMs < CHECK_MS_MAX, `the checker took ${Math.round(tookMs / 1000)} s`)
}

async function shopUntilDone(
  t: Test,
  nodes: readonly TestServer[],
  done: (settled: number) => boolean,
  { pauseMs = 0, shoppers = SHOPPERS } = {},
) {
  await stockUp(nodes[0] as TestServer, SHOP, shoppers)
  const startedMs = performance.now()
  const seconds = () => (performance.now() - startedMs) / 1000
  const { attempts, tookMs } = await goShopping({
    nodes,
    shop: SHOP,
    shoppers,
    pauseMs,
    goOn: (settled) => !done(settled),
    onProgress: (settled) =>
      process.stderr.write(`${settled} purchases settled, ${(settled / seconds()).toFixed(0)}/s\n`),
  })
  const of = (outcome: string) => attempts.filter((attempt) => attempt.outcome === outcome).length
  const outcomes = ['ok', 'refused', 'failed', 'unknown'].map((outcome) => `${of(outcome)} ${outcome}`).join(', ')
  const perSecond = tookMs.length / seconds()
  t.comment(`${attempts.length} attempts: ${outcomes}; ${perSecond.toFixed(0)}/s`)
  t.comment(`the slowest was settled after ${(tookMs.reduce((a, b) => Math.max(a, b), 0) / 1000).toFixed(1)} s`)
  return { attempts, perSecond }
}

/** Kills a worker of one of the servers every second or so, and `other` in between. */
async function causeTrouble(
  nodes: readonly TestServer[],
  untilMs: number,
  other: () => Promise<void>,
): Promise<number> {
  let faults = 0
  for (; performance.now() < untilMs; faults++) {
    await sleep(800 + Math.random() * 1_200)
    const node = nodes[faults % nodes.length] as TestServer
    const worker = node.logs().findLast(({ msg }) => msg === 'worker ready')
    try {
      process.kill(Number(worker?.['pid']), 'SIGKILL')
    } catch {
      // it is dead already
    }
    if (faults % 10 === 9) await other()
  }
  return faults
}

if (STORE === 'lmdb') {
  t.test(`${PURCHASES} purchases on LMDB`, async (t) => {
    const server = await startServer(t, ENV)
    const { attempts } = await shopUntilDone(t, [server], (settled) => settled >= PURCHASES)
    await server.stop()
    await check(t, () => checkLmdb(server.dataDir, attempts, SHOP, signaturesOf(attempts)))
  })

  t.test(`${MINUTES} minutes on LMDB while workers and primary are killed`, async (t) => {
    const server = await startServer(t, ENV)
    const untilMs = performance.now() + MINUTES * 60_000
    const trouble = sleep(2_000).then(() =>
      causeTrouble([server], untilMs, async () => {
        await server.kill()
        await server.restart()
      }),
    )
    const { attempts, perSecond } = await shopUntilDone(t, [server], () => performance.now() > untilMs, {
      pauseMs: 100,
    })
    const faults = await trouble
    t.ok(faults > MINUTES * 20, `${faults} faults`)
    t.ok(perSecond >= FLOOR_PER_SECOND, `${Math.round(perSecond)}/s, or the run says nothing`)
    await server.stop()
    await check(t, () => checkLmdb(server.dataDir, attempts, SHOP, signaturesOf(attempts)))
  })
  t.test(`everything is killed ${KILLS} times in mid-load: nothing that was acknowledged is lost`, async (t) => {
    const server = await startServer(t, ENV)
    const startsMs: number[] = []
    const killing = killAgainAndAgain(server, startsMs)
    const { attempts } = await shopUntilDone(t, [server], () => startsMs.length >= KILLS, {
      pauseMs: 20,
      shoppers: SHOPPERS_WHEN_KILLED,
    })
    await killing
    const slowest = Math.max(...startsMs)
    t.ok(slowest < START_MS_MAX, `it listens again after ${Math.round(slowest)} ms at most`)
    await server.stop()
    await check(t, () => checkLmdb(server.dataDir, attempts, SHOP, signaturesOf(attempts)))
  })
} else {
  t.test(`${PURCHASES} purchases over three nodes on etcd`, skipWithout('3.5'), async (t) => {
    const etcd = await startEtcd(t)
    const nodes = await startNodes(t, etcd.endpoints, { env: { WORKERS: '1', ...ENV } })
    const { attempts } = await shopUntilDone(t, nodes, (settled) => settled >= PURCHASES)
    await check(t, () => checkEtcd(etcd, attempts, SHOP, signaturesOf(attempts)))
  })

  t.test(`${MINUTES} minutes on etcd: leaders and workers killed, ways cut`, skipWithout('3.5'), async (t) => {
    const etcd = await startEtcd(t, { members: 3 })
    const proxies = await Promise.all(etcd.endpoints.map((endpoint) => startProxy(t, Number(new URL(endpoint).port))))
    const endpoints = proxies.map(({ endpoint }) => endpoint)
    const nodes = await startNodes(t, endpoints, { env: { WORKERS: '1', ...ENV } })
    const untilMs = performance.now() + MINUTES * 60_000
    const trouble = sleep(2_000).then(() => {
      const cuts = startCutting(proxies)
      return causeTrouble(nodes, untilMs, () => killLeader(etcd)).then((faults) => faults + cuts.stop())
    })
    const { attempts, perSecond } = await shopUntilDone(t, nodes, () => performance.now() > untilMs, { pauseMs: 100 })
    const faults = await trouble
    t.ok(faults > MINUTES * 20, `${faults} faults`)
    t.ok(perSecond >= FLOOR_PER_SECOND, `${Math.round(perSecond)}/s, or the run says nothing`)
    await check(t, () => checkEtcd(etcd, attempts, SHOP, signaturesOf(attempts)))
  })
}

/** Adds how long each start took until it listened, in milliseconds. */
async function killAgainAndAgain(server: TestServer, startsMs: number[]): Promise<void> {
  await sleep(2_000)
  while (startsMs.length < KILLS) {
    await sleep(500 + Math.random() * 1_000)
    await server.kill()
    const startedMs = performance.now()
    await server.restart()
    startsMs.push(performance.now() - startedMs)
  }
}

async function killLeader(etcd: TestEtcd): Promise<void> {
  const leader = await etcd.leader()
  await leader.kill()
  await sleep(3_000)
  await leader.restart()
  await sleep(1_000)
}

/** Now before, now after what was sent is forwarded. */
function startCutting(proxies: readonly TcpProxy[]) {
  let cuts = 0
  for (const proxy of proxies) {
    proxy.onClientBytes = (chunk, connection) => {
      if (chunk.length < 300 || Math.random() > CUT_SHARE) return
      connection.cut(cuts++ % 2 === 0)
    }
  }
  return {
    stop: () => {
      for (const proxy of proxies) proxy.onClientBytes = undefined
      return cuts
    },
  }
}
