import t, { type Test } from 'tap'
import { startNodes } from '../../helpers/cluster.ts'
import { skipWithout, startEtcd } from '../../helpers/etcd.ts'
import { checkEtcd } from '../../prove/check-etcd.ts'
import type { Shop } from '../../prove/purchase-checker.ts'
import { stockUp } from '../../prove/shopping.ts'
import { promisedMs } from '../../helpers/promised.ts'
import type { TestServer } from '../../helpers/server.ts'
import { Shopper } from '../../helpers/shopper.ts'
import { startProxy } from '../../helpers/tcp-proxy.ts'

const SHOP: Shop = { funds: 10_000, price: 7, stock: { hot: 500, rare: 20, 'common-1': null, 'common-2': null } }
const SHOPPERS = 30
const GOODS = Object.keys(SHOP.stock)
/** Of what goes to etcd, transactions of many purchases each: there are only some hundred. */
const CUT_SHARE = 0.2

/** Everybody buys so often, of all goods in turn, most of the hot one. Gives the times it took to settle each. */
async function shop(t: Test, nodes: readonly TestServer[], each: number) {
  const shoppers = Array.from({ length: SHOPPERS }, (_, i) => new Shopper(`shopper-${i}`, nodes, i))
  t.teardown(() => shoppers.forEach((shopper) => shopper.close()))
  const times = await Promise.all(
    shoppers.map(async (shopper, i) => {
      const tookMs: number[] = []
      for (let n = 0; n < each; n++) {
        const good = n % 2 === 0 ? 'hot' : (GOODS[(n + i) % GOODS.length] ?? 'hot')
        tookMs.push(await shopper.buy(good, 1 + (n % 3)))
      }
      return tookMs
    }),
  )
  const attempts = shoppers.flatMap((shopper) => shopper.attempts)
  return { attempts: attempts.sort((a, b) => a.returnedMs - b.returnedMs), times: times.flat() }
}

t.test('purchases of the same goods over three nodes: the sums are right', skipWithout('3.5'), async (t) => {
  const etcd = await startEtcd(t)
  const nodes = await startNodes(t, etcd.endpoints, { env: { WORKERS: '1' } })
  await stockUp(nodes[0] as TestServer, SHOP, SHOPPERS)
  const { attempts } = await shop(t, nodes, 40)
  const settled = attempts.filter(({ outcome }) => outcome === 'ok' || outcome === 'refused')
  t.equal(settled.length, SHOPPERS * 40)
  t.ok(settled.filter(({ outcome }) => outcome === 'ok').length > SHOPPERS * 10)
  t.strictSame(await checkEtcd(etcd, attempts, SHOP), [])
})

t.test('purchases whose way to the store is cut are settled, once each', skipWithout('3.5'), async (t) => {
  const etcd = await startEtcd(t)
  const proxy = await startProxy(t, Number(new URL(etcd.member.endpoint).port))
  const nodes = await startNodes(t, [proxy.endpoint], { count: 1, env: { WORKERS: '1' } })
  await stockUp(nodes[0] as TestServer, SHOP, SHOPPERS)
  let cuts = 0
  proxy.onClientBytes = (chunk, connection) => {
    if (chunk.length < 300 || Math.random() > CUT_SHARE) return
    cuts++
    connection.cut(true)
  }
  const { attempts, times } = await shop(t, nodes, 60)
  proxy.onClientBytes = undefined
  t.ok(cuts >= 10, `${cuts} cuts`)
  promisedMs(t, Math.max(...times), 10_000, 'the slowest')
  t.strictSame(await checkEtcd(etcd, attempts, SHOP), [])
})
