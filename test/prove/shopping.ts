import type { TestServer } from '../helpers/server.ts'
import { Shopper } from '../helpers/shopper.ts'
import type { Attempt, Shop } from './purchase-checker.ts'

export interface ShoppingOptions {
  readonly nodes: readonly TestServer[]
  readonly shop: Shop
  readonly shoppers: number
  /** Waited by each shopper between two purchases, in milliseconds. */
  readonly pauseMs: number
  /** Whether there is to be one more purchase. */
  readonly goOn: (settled: number) => boolean
  readonly onProgress: (settled: number) => void
}

const PROGRESS_MS = 10_000

/** Goods and funds by REST, as a game's backend would put them there. */
export async function stockUp(node: TestServer, shop: Shop, shoppers: number): Promise<void> {
  for (const [id, stock] of Object.entries(shop.stock)) {
    await node.admin('PUT', `/api/v1/goods/${id}`, { id, name: id, price: shop.price, currency: 'gold', stock })
  }
  for (let i = 0; i < shoppers; i++) {
    const credit = { currency: 'gold', amount: shop.funds, idempotency_key: `start-of-shopper-${i}` }
    await node.admin('POST', `/api/v1/players/shopper-${i}/credit`, credit)
  }
}

/** Half of them after the first good, the others after any. Gives every attempt, and how long each purchase took. */
export async function goShopping(options: ShoppingOptions) {
  const { nodes, shop, pauseMs, goOn } = options
  const goods = Object.keys(shop.stock)
  const shoppers = Array.from({ length: options.shoppers }, (_, i) => new Shopper(`shopper-${i}`, nodes, i))
  const tookMs: number[] = []
  let settled = 0
  const timer = setInterval(() => options.onProgress(settled), PROGRESS_MS)
  try {
    await Promise.all(
      shoppers.map(async (shopper, i) => {
        for (let n = i; goOn(settled); n++) {
          const good = n % 2 === 0 ? goods[0] : goods[Math.floor(n / 2) % goods.length]
          tookMs.push(await shopper.buy(good ?? '', 1 + (n % 3)))
          settled++
          if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
        }
      }),
    )
  } finally {
    clearInterval(timer)
    for (const shopper of shoppers) shopper.close()
  }
  const attempts: Attempt[] = []
  for (const shopper of shoppers) for (const attempt of shopper.attempts) attempts.push(attempt)
  return { attempts, tookMs }
}
