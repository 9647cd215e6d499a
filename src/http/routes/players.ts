import { parseInteger, parseName } from '../../domain/good.ts'
import { badRequest } from '../../protocol/errors.ts'
import { parseIdempotencyKey, parseUserId } from '../../protocol/ids.ts'
import { CREDIT_BODY, REFUND_BODY } from '../../protocol/shapes/shop.ts'
import { jsonAnswer } from '../http.ts'
import { PAGE_QUERY, parseBody, parsePage } from '../parse.ts'
import type { Route } from '../router.ts'
import type { RouteContext } from './admin-context.ts'

const PLAYER_PARAMS = { id: 'UserId' } as const

export function playerRoutes(context: RouteContext): readonly Route[] {
  return [...reads(context), ...changes(context)]
}

function reads({ primary }: RouteContext): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/players/:id',
      access: 'admin',
      operation: {
        id: 'getPlayer',
        summary: 'Balances and inventory of a player. A player whom the server does not know has none.',
        params: PLAYER_PARAMS,
        answers: { 200: 'Player' },
      },
      run: async ({ params, span }) =>
        jsonAnswer(await primary.ask('playerGet', { userId: parseUserId(params['id'], 'id') }, span)),
    },
    {
      method: 'GET',
      path: '/api/v1/players/:id/purchases',
      access: 'admin',
      query: PAGE_QUERY,
      operation: {
        id: 'listPurchases',
        summary: 'Receipts of a player, the newest first.',
        params: PLAYER_PARAMS,
        answers: { 200: 'ReceiptPage' },
      },
      run: async ({ params, query, span }) => {
        const userId = parseUserId(params['id'], 'id')
        return jsonAnswer(await primary.ask('playerPurchases', { userId, ...parsePage(query) }, span))
      },
    },
    {
      method: 'GET',
      path: '/api/v1/ledger',
      access: 'admin',
      query: PAGE_QUERY,
      operation: {
        id: 'listLedger',
        summary: 'The ledgers of all players, in pages of whole batches. `limit` counts batches.',
        answers: { 200: 'LedgerPage' },
      },
      run: async ({ query, span }) => jsonAnswer(await primary.ask('ledgerList', parsePage(query), span)),
    },
  ]
}

function changes({ primary }: RouteContext): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/api/v1/players/:id/credit',
      access: 'admin',
      operation: {
        id: 'creditPlayer',
        summary: 'Adds to a balance.',
        params: PLAYER_PARAMS,
        body: 'CreditBody',
        answers: { 200: 'Player' },
        errors: ['IDEMPOTENCY_CONFLICT'],
      },
      run: async ({ params, json, span }) => {
        const { currency, amount, idempotency_key } = parseBody(await json(), CREDIT_BODY)
        const credit = {
          userId: parseUserId(params['id'], 'id'),
          currency: parseName(currency, 'currency'),
          amount: parseInteger(amount, 'amount', 1),
          idempotencyKey: parseIdempotencyKey(idempotency_key, 'idempotency_key'),
        }
        return jsonAnswer(await primary.ask('playerCredit', credit, span))
      },
    },
    {
      method: 'POST',
      path: '/api/v1/players/:id/refund',
      access: 'admin',
      operation: {
        id: 'refundPlayer',
        summary: 'Refunds the price of a purchase and takes back the goods, once.',
        params: PLAYER_PARAMS,
        body: 'RefundBody',
        answers: { 200: 'Player' },
        errors: ['NOT_FOUND', 'CONFLICT', 'IDEMPOTENCY_CONFLICT'],
      },
      run: async ({ params, json, span }) => {
        const body = parseBody(await json(), REFUND_BODY)
        const { purchase_id, idempotency_key, restock = true } = body
        if (typeof purchase_id !== 'string') throw badRequest('purchase_id', 'must be the id on a receipt')
        if (typeof restock !== 'boolean') throw badRequest('restock', 'must be true or false')
        const refund = {
          userId: parseUserId(params['id'], 'id'),
          purchaseId: purchase_id,
          restock,
          idempotencyKey: parseIdempotencyKey(idempotency_key, 'idempotency_key'),
        }
        return jsonAnswer(await primary.ask('playerRefund', refund, span))
      },
    },
  ]
}
