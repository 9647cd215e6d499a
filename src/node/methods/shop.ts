import { assert } from '../../base/assert.ts'
import type { Span } from '../../base/trace.ts'
import type { Good } from '../../protocol/shapes/shop.ts'
import type { Player } from '../../domain/player.ts'
import { getGood, listGoods, putGood } from '../../ledger/goods.ts'
import { findPurchase, listLines, listPurchases, readPlayer } from '../../ledger/player-ledger.ts'
import type { LedgerRequest, Outcome, RefundRequest } from '../../ledger/requests.ts'
import type { Handlers } from '../../link/link.ts'
import type { GoodAt, ShopMethods } from '../../link/methods/shop.ts'
import { Refusal, refusalOf } from '../../protocol/errors.ts'
import type { Receipt } from '../../protocol/shapes/shop.ts'
import { answerWith, changeInTime, readInTime } from '../answer.ts'
import type { PrimaryContext } from '../context.ts'
import { publishedKeys } from '../secrets.ts'

type Needs = Pick<
  PrimaryContext,
  'store' | 'hub' | 'ledger' | 'purchaseRates' | 'receiptKey' | 'openReads' | 'metrics' | 'clock'
>

export function shopMethods(context: Needs): Handlers<ShopMethods> {
  const { store, ledger, purchaseRates, metrics, clock, openReads } = context
  // Both the read and the wait for it have the deadline, so a read that the store does not answer cannot block those behind it.
  const readOpen = <T>(what: string, run: () => Promise<T>, untilMs: number | undefined): Promise<T> =>
    readInTime(
      clock,
      openReads.shop.read(what, () => readInTime(clock, run(), untilMs)),
      untilMs,
    )
  return {
    buy(request, reply, span, untilMs) {
      purchaseRates.take(request.userId, clock.nowMs())
      const done = (outcome: Outcome | Refusal) => {
        const result = toReceipt(outcome)
        metrics.purchases.inc({ outcome: nameOf(result) })
        reply(result)
      }
      ledger.submit({ kind: 'purchase', ...request }, done, span, untilMs)
    },

    goodList: (page, reply, _span, untilMs) =>
      answerWith(
        readOpen(`goods ${JSON.stringify(page)}`, () => listGoods(store, page), untilMs),
        reply,
      ),
    goodGet: ({ id }, reply, _span, untilMs) =>
      answerWith(
        readOpen(`good ${id}`, () => getGood(store, id), untilMs),
        reply,
      ),
    goodPut: ({ good, ifRevision }, reply, _span, untilMs) =>
      answerWith(changeInTime(clock, changeGood(context, good, ifRevision), untilMs), reply),
    goodRestock(restock, reply, span, untilMs) {
      const done = (outcome: Done | Refusal) =>
        reply(outcome instanceof Refusal ? outcome : expectKind(outcome, 'good').good)
      submit(context, { kind: 'restock', ...restock }, done, { span, untilMs })
    },
    playerGet: ({ userId }, reply, _span, untilMs) =>
      answerWith(readInTime(clock, readPlayer(store, userId), untilMs), reply),
    playerPurchases: ({ userId, ...page }, reply, _span, untilMs) =>
      answerWith(readInTime(clock, listPurchases(store, userId, page), untilMs), reply),
    ledgerList: (page, reply, _span, untilMs) => answerWith(readInTime(clock, listLines(store, page), untilMs), reply),

    playerCredit(credit, reply, span, untilMs) {
      const done = (outcome: Done | Refusal) =>
        reply(outcome instanceof Refusal ? outcome : expectKind(outcome, 'player').player)
      submit(context, { kind: 'credit', ...credit }, done, { span, untilMs })
    },

    playerRefund(refund, reply, span, untilMs) {
      answerWith(refundPlayer(context, refund, { span, untilMs }), reply)
    },

    receiptKey: (_args, reply, _span, untilMs) =>
      answerWith(
        readOpen('receipt keys', () => publishedKeys(store, context.receiptKey), untilMs),
        reply,
      ),
  }
}

/** Resolves when the workers of this node have been told. */
async function changeGood({ store, hub }: Needs, good: Good, ifRevision: number | 'any' | null): Promise<GoodAt> {
  const { offset, ...at } = await putGood(store, good, ifRevision)
  await hub.reached(offset)
  return at
}

async function refundPlayer(
  context: Needs,
  refund: Omit<RefundRequest, 'purchase'>,
  call: LedgerCall,
): Promise<Player> {
  const found = findPurchase(context.store, refund.userId, refund.purchaseId)
  const purchase = (await readInTime(context.clock, found, call.untilMs)) ?? null
  return new Promise((resolve, reject) => {
    const done = (outcome: Done | Refusal) =>
      outcome instanceof Refusal ? reject(outcome) : resolve(expectKind(outcome, 'player').player)
    submit(context, { kind: 'refund', ...refund, purchase }, done, call)
  })
}

interface LedgerCall {
  readonly span: Span | undefined
  readonly untilMs: number | undefined
}

type Done = Exclude<Outcome, { readonly kind: 'refused' }>

function submit(
  { ledger }: Needs,
  request: LedgerRequest,
  done: (outcome: Done | Refusal) => void,
  { span, untilMs }: LedgerCall,
): void {
  const judged = (outcome: Outcome | Refusal) =>
    done(outcome instanceof Refusal || outcome.kind !== 'refused' ? outcome : refusalOf(outcome.error))
  ledger.submit(request, judged, span, untilMs)
}

function expectKind<Kind extends Done['kind']>(outcome: Done, kind: Kind): Extract<Done, { readonly kind: Kind }> {
  assert(outcome.kind === kind, `the ledger answered with a ${outcome.kind}, not a ${kind}`)
  return outcome as Extract<Done, { readonly kind: Kind }>
}

function toReceipt(outcome: Outcome | Refusal): Receipt | Refusal {
  if (outcome instanceof Refusal) return outcome
  if (outcome.kind === 'receipt') return outcome.receipt
  if (outcome.kind === 'refused') return refusalOf(outcome.error)
  return new Refusal('INTERNAL', 'a purchase was answered with a player')
}

function nameOf(result: Receipt | Refusal): string {
  if (result instanceof Refusal) return result.code
  return result.replayed ? 'replayed' : 'receipt'
}
