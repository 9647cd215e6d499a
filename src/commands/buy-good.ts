import { parseInteger, parseName } from '../domain/good.ts'
import { EVENT } from '../protocol/events.ts'
import type { Receipt } from '../protocol/shapes/shop.ts'
import { parseIdempotencyKey } from '../protocol/ids.ts'
import type { Command } from './command.ts'
import { Refusal } from '../protocol/errors.ts'

interface Args {
  readonly goodId: string
  readonly count: number
  readonly idempotencyKey: string | null
  readonly expectedPrice: number | null
}

export const buyGood: Command<Args, 'buyGood'> = {
  eventType: EVENT.buyGood,
  about: {
    summary: 'Buys a good: balance, stock, inventory, receipt and event change in one step, or not at all.',
    errors: [
      'GOOD_NOT_FOUND',
      'GOOD_NOT_ON_SALE',
      'PRICE_CHANGED',
      'OUT_OF_STOCK',
      'PURCHASE_LIMIT',
      'INSUFFICIENT_FUNDS',
      'IDEMPOTENCY_CONFLICT',
    ],
    event: 'BuyGoodEvent',
  },

  parse({ good_id, count, idempotency_key, expected_price }, _request, limits) {
    return {
      goodId: parseName(good_id, 'payload.good_id'),
      count: parseInteger(count, 'payload.count', 1, limits.buyCountMax),
      idempotencyKey:
        idempotency_key === undefined ? null : parseIdempotencyKey(idempotency_key, 'payload.idempotency_key'),
      expectedPrice: expected_price === undefined ? null : parseInteger(expected_price, 'payload.expected_price'),
    }
  },

  run(args, { connection, request, context, span, untilMs }, done) {
    const { userId, namespace } = connection
    const { link, soldOut, clock } = context
    // A request with a key may repeat an earlier purchase, which has a receipt.
    if (args.idempotencyKey === null && soldOut.has(args.goodId, clock.nowMs())) {
      throw new Refusal('OUT_OF_STOCK', 'none is left', { stock_left: 0 })
    }
    const { changes } = soldOut
    const traceparent = request.traceparent ?? span?.traceparent ?? null
    const bought = (result: Receipt | Refusal) => {
      if (result instanceof Refusal && result.code === 'OUT_OF_STOCK' && result.details?.['stock_left'] === 0) {
        soldOut.note(args.goodId, changes, clock.nowMs())
      }
      done(result)
    }
    link.call('buy', { ...args, userId, namespace, traceparent }, bought, span, untilMs, connection.number)
  },
}
