import { parseInteger, parseName, parseNewGood } from '../../domain/good.ts'
import type { GoodAt } from '../../link/methods/shop.ts'
import { isObject } from '../../protocol/envelope.ts'
import { badRequest } from '../../protocol/errors.ts'
import { parseIdempotencyKey } from '../../protocol/ids.ts'
import { RESTOCK_BODY } from '../../protocol/shapes/shop.ts'
import { answerOnCondition, etagOf, parseIfAbsent, parseIfMatch, unlessKnown } from '../conditions.ts'
import { jsonAnswer, type HttpAnswer } from '../http.ts'
import { PAGE_QUERY, parseBody, parsePage } from '../parse.ts'
import type { Route } from '../router.ts'
import type { RouteContext } from './admin-context.ts'

export function goodRoutes(context: RouteContext): readonly Route[] {
  return [...reads(context), ...changes(context)]
}

function reads({ primary, shared }: RouteContext): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/goods',
      access: 'open',
      query: PAGE_QUERY,
      operation: { id: 'listGoods', summary: 'The goods, by their ids.', answers: { 200: 'GoodPage' } },
      run: ({ query, span }) => {
        const page = parsePage(query)
        const what = `goods ${page.limit} ${page.cursor ?? ''}`
        return shared.get(what, async () => jsonAnswer(await primary.ask('goodList', page, span)))
      },
    },
    {
      method: 'GET',
      path: '/api/v1/goods/:id',
      access: 'open',
      operation: {
        id: 'getGood',
        summary: 'One good.',
        params: GOOD_PARAMS,
        answers: { 200: 'Good' },
        errors: ['GOOD_NOT_FOUND'],
        conditions: ['if-none-match: etag'],
      },
      run: async ({ params, header, span }) => {
        const id = parseName(params['id'], 'id')
        const found = await shared.get(`good ${id}`, async () => goodAnswer(await primary.ask('goodGet', { id }, span)))
        return unlessKnown(found, header('if-none-match'))
      },
    },
    {
      method: 'GET',
      path: '/api/v1/receipt-key',
      access: 'open',
      operation: {
        id: 'getReceiptKey',
        summary: 'The key that verifies receipts, and the keys before it.',
        answers: { 200: 'ReceiptKeys' },
      },
      run: ({ span }) => shared.get('receipt-key', async () => jsonAnswer(await primary.ask('receiptKey', null, span))),
    },
  ]
}

function changes({ primary }: RouteContext): readonly Route[] {
  return [
    {
      method: 'PUT',
      path: '/api/v1/goods/:id',
      access: 'admin',
      operation: {
        id: 'putGood',
        summary: 'Makes or replaces a good, stock included.',
        params: GOOD_PARAMS,
        body: 'GoodBody',
        answers: { 200: 'Good' },
        errors: ['GOOD_NOT_FOUND'],
        conditions: ['if-match', 'if-none-match: *'],
      },
      run: async ({ params, header, json, span }) => {
        const ifRevision = parseCondition(header('if-match'), header('if-none-match'))
        const body = await json()
        const good = parseNewGood(isObject(body) ? { id: params['id'], ...body } : body)
        if (good.id !== params['id']) throw badRequest('id', 'is not the one in the path')
        return answerOnCondition(async () => goodAnswer(await primary.ask('goodPut', { good, ifRevision }, span)))
      },
    },
    {
      method: 'POST',
      path: '/api/v1/goods/:id/restock',
      access: 'admin',
      operation: {
        id: 'restockGood',
        summary: 'Adds to the stock of a good, also while it is being sold.',
        params: GOOD_PARAMS,
        body: 'RestockBody',
        answers: { 200: 'Good' },
        errors: ['GOOD_NOT_FOUND', 'CONFLICT', 'IDEMPOTENCY_CONFLICT'],
      },
      run: async ({ params, json, span }) => {
        const { count, idempotency_key } = parseBody(await json(), RESTOCK_BODY)
        const restock = {
          goodId: parseName(params['id'], 'id'),
          count: parseInteger(count, 'count', 1),
          idempotencyKey: parseIdempotencyKey(idempotency_key, 'idempotency_key'),
        }
        return jsonAnswer(await primary.ask('goodRestock', restock, span))
      },
    },
  ]
}

const GOOD_PARAMS = { id: 'Name' } as const
function goodAnswer({ good, revision }: GoodAt): HttpAnswer {
  return jsonAnswer(good, 200, { etag: etagOf(revision) })
}

/**
 * Parses `If-Match` or `If-None-Match: *` of a change. Returns the revision that the good must have, 0 if it must not exist,
 * `any` if it must exist, null if there is no condition. Throws BAD_REQUEST.
 */
function parseCondition(ifMatch: string | undefined, ifNoneMatch: string | undefined): number | 'any' | null {
  if (parseIfAbsent(ifNoneMatch)) {
    if (ifMatch !== undefined) throw badRequest('if-none-match', 'cannot be combined with If-Match')
    return 0
  }
  const tag = parseIfMatch(ifMatch)
  if (tag === null) return null
  if (tag === '*') return 'any'
  if (!/^\d{1,15}$/.test(tag)) throw badRequest('if-match', 'must be * or one ETag, as the server sent it')
  return Number(tag)
}
