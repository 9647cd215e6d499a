import type { parseGoods } from '../ledger/goods.ts'
import { ok, warn, type Finding } from './finding.ts'

/**
 * Finds goods that cost nothing and have no limit: they can fill the store, because each purchase is kept for RECEIPT_RETENTION.
 * Reads nothing itself.
 */
export function checkFreeGoods(goods: ReturnType<typeof parseGoods>, file: string): Finding {
  const endless = goods.filter(({ price, stock, per_user_limit }) => {
    return price === 0 && stock === null && per_user_limit === null
  })
  if (endless.length === 0) return ok('goods', `${goods.length} in ${file}`)
  const ids = endless.map(({ id }) => id).join(', ')
  const text = `${ids}: free and without a limit, so a player may buy RATE_PURCHASES of it a second, some 18 GiB a day`
  return warn('goods', text, 'a per_user_limit or a stock')
}
