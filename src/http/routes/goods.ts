import { parseGood, parseName } from '../../domain/good.ts'
import { isObject } from '../../protocol/envelope.ts'
import { badRequest } from '../../protocol/errors.ts'
import { jsonAnswer } from '../http.ts'
import { PAGE_QUERY, parsePage } from '../parse.ts'
import type { Route } from '../router.ts'
import type { RouteContext } from './admin-context.ts'

export function goodRoutes({ primary }: RouteContext): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/goods',
      access: 'open',
      query: PAGE_QUERY,
      run: async ({ query }) => jsonAnswer(await primary.ask('goodList', parsePage(query))),
    },
    {
      method: 'GET',
      path: '/api/v1/goods/:id',
      access: 'open',
      run: async ({ params }) => jsonAnswer(await primary.ask('goodGet', { id: parseName(params['id'], 'id') })),
    },
    {
      method: 'PUT',
      path: '/api/v1/goods/:id',
      access: 'admin',
      run: async ({ params, json }) => {
        const body = await json()
        const good = parseGood(isObject(body) ? { id: params['id'], ...body } : body)
        if (good.id !== params['id']) throw badRequest('id', 'is not the one in the path')
        return jsonAnswer(await primary.ask('goodPut', { good }))
      },
    },
    {
      method: 'GET',
      path: '/api/v1/receipt-key',
      access: 'open',
      run: async () => jsonAnswer(await primary.ask('receiptKey', null)),
    },
  ]
}
