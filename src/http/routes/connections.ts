import { parseInteger } from '../../domain/good.ts'
import { badRequest } from '../../protocol/errors.ts'
import { isConnectionId, parseRoomId, parseUserId } from '../../protocol/ids.ts'
import { jsonAnswer } from '../http.ts'
import { BAN_MS } from '../../protocol/shapes/operations.ts'
import { PAGE_QUERY, parseNamespace, parsePage } from '../parse.ts'
import type { Route } from '../router.ts'
import type { RouteContext } from './admin-context.ts'

/** Routes that list connections and close them. */
export function connectionRoutes({ primary, namespaces }: RouteContext): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/connections',
      access: 'admin',
      query: ['namespace', 'user', 'room', ...PAGE_QUERY],
      operation: { id: 'listConnections', summary: 'The open connections.', answers: { 200: 'ConnectionPage' } },
      run: async ({ query, span }) => {
        const [namespace, user, room] = [query.get('namespace'), query.get('user'), query.get('room')]
        const only = {
          namespace: namespace === null ? null : parseNamespace(namespace, namespaces),
          userId: user === null ? null : parseUserId(user, 'user'),
          room: room === null ? null : parseRoomId(room, 'room'),
        }
        return jsonAnswer(await primary.ask('connectionList', { only, ...parsePage(query) }, span))
      },
    },
    {
      method: 'DELETE',
      path: '/api/v1/connections/:id',
      access: 'admin',
      query: ['for_ms'],
      operation: {
        id: 'kickConnection',
        summary:
          'Closes a connection with 4502, which tells its client not to come back by itself. With `for_ms`, closes all connections of its user and keeps the user out for that time.',
        params: { id: 'ConnectionId' },
        answers: { 200: 'Kicked' },
        errors: ['NOT_FOUND'],
      },
      run: async ({ params, query, span }) => {
        const whom = { connectionId: parseConnectionId(params['id']), forMs: parseForMs(query) }
        const { kicked } = await primary.ask('kick', whom, span)
        return jsonAnswer({ kicked })
      },
    },
    {
      method: 'DELETE',
      path: '/api/v1/players/:id/connections',
      access: 'admin',
      query: ['for_ms'],
      operation: {
        id: 'kickPlayer',
        summary:
          'Closes all connections of a user with 4502, on all nodes. With `for_ms`, the user is kept out for that time, connected or not.',
        params: { id: 'UserId' },
        answers: { 200: 'Kicked' },
        errors: ['USER_OFFLINE'],
      },
      run: async ({ params, query, span }) => {
        const whom = { userId: parseUserId(params['id'], 'id'), forMs: parseForMs(query) }
        const { kicked } = await primary.ask('kick', whom, span)
        return jsonAnswer({ kicked })
      },
    },
  ]
}

/** Returns null if the user is not to be kept out. Throws BAD_REQUEST. */
function parseForMs(query: URLSearchParams): number | null {
  const text = query.get('for_ms')
  if (text === null) return null
  return parseInteger(/^\d{1,16}$/.test(text) ? Number(text) : text, 'for_ms', BAN_MS.min, BAN_MS.max)
}

function parseConnectionId(value: unknown): string {
  if (isConnectionId(value)) return value
  throw badRequest('id', 'must be a connection id')
}
