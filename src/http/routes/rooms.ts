import { parseInteger } from '../../domain/good.ts'
import { CAPACITY_MAX } from '../../domain/room.ts'
import { badRequest } from '../../protocol/errors.ts'
import { parseRoomId } from '../../protocol/ids.ts'
import { parseDelivery } from '../../protocol/payloads.ts'
import { jsonAnswer } from '../http.ts'
import { PAGE_QUERY, parseBody, parseNamespace, parsePage } from '../parse.ts'
import type { Route } from '../router.ts'
import type { RouteContext } from './admin-context.ts'

const ROOM_FIELDS = ['room_id', 'namespace', 'capacity', 'delivery', 'game'] as const

const ROOM_PARAMS = { id: 'RoomId' } as const

export function roomRoutes({ primary, namespaces, roomCapacity }: RouteContext): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/api/v1/rooms',
      access: 'admin',
      operation: {
        id: 'putRoom',
        summary: 'Makes a room that stays, or gives one another definition; its members stay in it.',
        body: 'RoomBody',
        answers: { 201: 'RoomState' },
        errors: ['CONFLICT'],
      },
      run: async ({ json }) => {
        const body = parseBody(await json(), ROOM_FIELDS)
        const { room_id, namespace, capacity = roomCapacity, delivery = 'must', game = null } = body
        if (game !== null) throw badRequest('game', 'must be null: rooms have no games yet')
        const room = {
          room_id: parseRoomId(room_id, 'room_id'),
          namespace: parseNamespace(namespace, namespaces),
          capacity: parseInteger(capacity, 'capacity', 1, CAPACITY_MAX),
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
      operation: { id: 'listRooms', summary: 'The rooms, by their ids.', answers: { 200: 'RoomPage' } },
      run: async ({ query }) => jsonAnswer(await primary.ask('roomList', parsePage(query))),
    },
    {
      method: 'GET',
      path: '/api/v1/rooms/:id',
      access: 'admin',
      operation: {
        id: 'getRoom',
        summary: 'A room with its retained state.',
        params: ROOM_PARAMS,
        answers: { 200: 'RoomState' },
        errors: ['ROOM_NOT_FOUND'],
      },
      run: async ({ params }) => jsonAnswer(await primary.ask('roomGet', { room: parseRoomId(params['id'], 'id') })),
    },
    {
      method: 'DELETE',
      path: '/api/v1/rooms/:id',
      access: 'admin',
      operation: {
        id: 'deleteRoom',
        summary: 'Lets its members leave, and the room and its state go.',
        params: ROOM_PARAMS,
        answers: { 200: 'Empty' },
        errors: ['ROOM_NOT_FOUND'],
      },
      run: async ({ params }) => {
        await primary.ask('roomDelete', { room: parseRoomId(params['id'], 'id') })
        return jsonAnswer({})
      },
    },
  ]
}
