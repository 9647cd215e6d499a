import { parseInteger } from '../../domain/good.ts'
import { badRequest } from '../../protocol/errors.ts'
import { parseRoomId } from '../../protocol/ids.ts'
import { parseDelivery } from '../../protocol/payloads.ts'
import { jsonAnswer } from '../http.ts'
import { PAGE_QUERY, parseBody, parseNamespace, parsePage } from '../parse.ts'
import type { Route } from '../router.ts'
import type { RouteContext } from './admin-context.ts'

const ROOM_FIELDS = ['room_id', 'namespace', 'capacity', 'delivery', 'game'] as const

export function roomRoutes({ primary, namespaces, roomCapacity }: RouteContext): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/api/v1/rooms',
      access: 'admin',
      run: async ({ json }) => {
        const body = parseBody(await json(), ROOM_FIELDS)
        const { room_id, namespace, capacity = roomCapacity, delivery = 'must', game = null } = body
        if (game !== null) throw badRequest('game', 'must be null: rooms have no games yet')
        const room = {
          room_id: parseRoomId(room_id, 'room_id'),
          namespace: parseNamespace(namespace, namespaces),
          capacity: parseInteger(capacity, 'capacity', 1, 1_000_000),
          delivery: parseDelivery(delivery, 'delivery'),
          game,
        }
        await primary.ask('roomPut', { room })
        return jsonAnswer(await primary.ask('roomGet', { room: room.room_id }), 201)
      },
    },
    {
      method: 'GET',
      path: '/api/v1/rooms',
      access: 'admin',
      query: PAGE_QUERY,
      run: async ({ query }) => jsonAnswer(await primary.ask('roomList', parsePage(query))),
    },
    {
      method: 'GET',
      path: '/api/v1/rooms/:id',
      access: 'admin',
      run: async ({ params }) => jsonAnswer(await primary.ask('roomGet', { room: parseRoomId(params['id'], 'id') })),
    },
    {
      method: 'DELETE',
      path: '/api/v1/rooms/:id',
      access: 'admin',
      run: async ({ params }) => {
        await primary.ask('roomDelete', { room: parseRoomId(params['id'], 'id') })
        return jsonAnswer({})
      },
    },
  ]
}
