import type { Player } from '../../domain/player.ts'
import type { PurchaseRequest } from '../../domain/purchase.ts'
import type { UserId } from '../../protocol/ids.ts'
import type { Page, PageArgs } from '../../protocol/page.ts'
import type { Good, LedgerPage, Receipt, ReceiptKeys } from '../../protocol/shapes/shop.ts'
import type { Method } from './method.ts'

/** A good, and the revision that it has in the store. */
export interface GoodAt {
  readonly good: Good
  readonly revision: number
}

/** Goods, players and the ledger. */
export type ShopMethods = {
  buy: Method<PurchaseRequest, Receipt>
  goodList: Method<PageArgs, Page<Good>>
  goodGet: Method<{ readonly id: string }, GoodAt>
  /**
   * `ifRevision`: a revision that the good must have; 0 if there must be none yet; 'any' if there must be one; null to accept
   * both.
   */
  goodPut: Method<{ readonly good: Good; readonly ifRevision: number | 'any' | null }, GoodAt>
  goodRestock: Method<{ readonly goodId: string; readonly count: number; readonly idempotencyKey: string }, Good>
  playerGet: Method<{ readonly userId: UserId }, Player>
  playerCredit: Method<
    { readonly userId: UserId; readonly currency: string; readonly amount: number; readonly idempotencyKey: string },
    Player
  >
  playerRefund: Method<
    {
      readonly userId: UserId
      readonly purchaseId: string
      readonly restock: boolean
      readonly idempotencyKey: string
    },
    Player
  >
  /** Lines of the ledger. `limit` counts batches, not lines. */
  ledgerList: Method<PageArgs, LedgerPage>
  playerPurchases: Method<PageArgs & { readonly userId: UserId }, Page<Receipt>>
  receiptKey: Method<null, ReceiptKeys>
}
