import { parseInteger, parseName } from '../../domain/good.ts'
import { parseIdempotencyKey, parseUserId } from '../../protocol/ids.ts'
import { jsonAnswer } from '../http.ts'
import { PAGE_QUERY, parseBody, parsePage } from '../parse.ts'
import type { Route } from '../router.ts'
import type { RouteContext } from './admin-context.ts'

export function playerRoutes({ primary }: RouteContext): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/players/:id',
      access: 'admin',
      run: async ({ params }) =>
        jsonAnswer(await primary.ask('playerGet', { userId: parseUserId(params['id'], 'id') })),
    },
    {
      method: 'POST',
      path: '/api/v1/players/:id/credit',
      access: 'admin',
      run: async ({ params, json }) => {
        const { currency, amount, idempotency_key } = parseBody(await json(), ['currency', 'amount', 'idempotency_key'])
        const credit = {
          userId: parseUserId(params['id'], 'id'),
          currency: parseName(currency, 'currency'),
          amount: parseInteger(amount, 'amount', 1),
          idempotencyKey: parseIdempotencyKey(idempotency_key, 'idempotency_key'),
        }
        return jsonAnswer(await primary.ask('playerCredit', credit))
      },
    },
    {
      method: 'GET',
      path: '/api/v1/players/:id/purchases',
      access: 'admin',
      query: PAGE_QUERY,
      run: async ({ params, query }) => {
        const userId = parseUserId(params['id'], 'id')
        return jsonAnswer(await primary.ask('playerPurchases', { userId, ...parsePage(query) }))
      },
    },
  ]
}
