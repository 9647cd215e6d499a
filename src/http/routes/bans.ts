import { addressKey, normaliseAddress } from '../../door/address.ts'
import { parseInteger } from '../../domain/good.ts'
import { badRequest } from '../../protocol/errors.ts'
import { parseUserId } from '../../protocol/ids.ts'
import { BAN_BODY, BAN_MS, BAN_OF, type Banned } from '../../protocol/shapes/operations.ts'
import { jsonAnswer } from '../http.ts'
import { PAGE_QUERY, parseBody, parsePage } from '../parse.ts'
import type { Route } from '../router.ts'
import type { RouteContext } from './admin-context.ts'

const PATH = '/api/v1/bans/:of/:id'
const PARAMS = { of: 'BanOf', id: 'BanId' } as const

/** Routes that keep users, guests and addresses out for a time. */
export function banRoutes({ primary }: RouteContext): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/bans',
      access: 'admin',
      query: PAGE_QUERY,
      operation: {
        id: 'listBans',
        summary: 'The users, guests and addresses that are kept out.',
        answers: { 200: 'BanPage' },
      },
      run: async ({ query, span }) => jsonAnswer(await primary.ask('banList', parsePage(query), span)),
    },
    {
      method: 'PUT',
      path: PATH,
      access: 'admin',
      operation: {
        id: 'putBan',
        summary:
          'Keeps a user, a guest or an address out for a time, on all nodes. Its connections are closed with 4502, and so are new ones.',
        params: PARAMS,
        body: 'BanBody',
        answers: { 200: 'Banned' },
      },
      run: async ({ params, json, span }) => {
        const who = parseWho(params)
        const { for_ms } = parseBody(await json(), BAN_BODY)
        const forMs = parseInteger(for_ms, 'for_ms', BAN_MS.min, BAN_MS.max)
        return jsonAnswer(await primary.ask('ban', { who, forMs }, span))
      },
    },
    {
      method: 'DELETE',
      path: PATH,
      access: 'admin',
      operation: {
        id: 'liftBan',
        summary: 'Lets a user, a guest or an address in again.',
        params: PARAMS,
        answers: { 200: 'Empty' },
        errors: ['NOT_FOUND'],
      },
      run: async ({ params, span }) => {
        await primary.ask('banLift', parseWho(params), span)
        return jsonAnswer({})
      },
    },
  ]
}

function parseWho({ of, id }: Readonly<Record<string, string>>): Banned {
  if (of === 'user') return { of, id: parseUserId(id, 'id') }
  if (of !== 'address') throw badRequest('of', `must be one of ${BAN_OF.join(', ')}`)
  // The list of bans shows IPv6 addresses with `/64`, and that is accepted here, too.
  const address = normaliseAddress((id ?? '').replace(/\/64$/, ''))
  if (address === undefined) throw badRequest('id', 'must be an IP address')
  return { of, id: addressKey(address) }
}
