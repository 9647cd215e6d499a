import { parseInteger } from '../../domain/good.ts'
import type { RoomAt } from '../../domain/room.ts'
import { CAPACITY_MAX, FIELDS_OF_GAMES, ROOM_BODY } from '../../protocol/shapes/rooms.ts'
import { badRequest } from '../../protocol/errors.ts'
import { parseGameName, parseRoomId } from '../../protocol/ids.ts'
import { parseDelivery } from '../../protocol/delivery.ts'
import { answerOnCondition, etagOf, parseIfAbsent, parseIfMatch, unlessKnown } from '../conditions.ts'
import { jsonAnswer, type HttpAnswer } from '../http.ts'
import { PAGE_QUERY, parseBody, parseNamespace, parseOptionalKey, parsePage } from '../parse.ts'
import type { Route } from '../router.ts'
import type { RouteContext } from './admin-context.ts'
import { parseGameRoom, parseWhereText, readPlay } from './games.ts'

const ROOM_PARAMS = { id: 'RoomId' } as const

export function roomRoutes(context: RouteContext): readonly Route[] {
  const { primary } = context
  return [
    putRoute(context),
    {
      method: 'GET',
      path: '/api/v1/rooms',
      access: 'admin',
      query: [...PAGE_QUERY, 'game', 'where'],
      operation: {
        id: 'listRooms',
        summary: 'The rooms, by their ids. With `game`, those of that game and what it lists of them.',
        answers: { 200: 'RoomsFound' },
        errors: ['GAME_NOT_FOUND'],
      },
      run: async ({ query, span }) => {
        const page = parsePage(query)
        const game = query.get('game')
        if (game === null) return jsonAnswer(await primary.ask('roomList', page, span))
        const where = parseWhereText(query.get('where'))
        const asked = { ...page, namespace: null, game: parseGameName(game, 'game'), where, path: 'where' }
        return jsonAnswer(await primary.ask('gameRooms', asked, span))
      },
    },
    {
      method: 'GET',
      path: '/api/v1/rooms/:id',
      access: 'admin',
      operation: {
        id: 'getRoom',
        summary: 'A room with its retained state. For a room with a game, also its seats and its state.',
        params: ROOM_PARAMS,
        answers: { 200: 'RoomState' },
        errors: ['ROOM_NOT_FOUND'],
        conditions: ['if-none-match: etag'],
      },
      run: async ({ params, header, span }) => {
        const room = parseRoomId(params['id'], 'id')
        const found = await primary.ask('roomGet', { room }, span)
        // A room with a game changes with each tick, so it has no ETag.
        if (found.room.game !== null) return jsonAnswer({ ...found.room, play: await readPlay(context, room, span) })
        return unlessKnown(roomAnswer(found), header('if-none-match'))
      },
    },
    {
      method: 'DELETE',
      path: '/api/v1/rooms/:id',
      access: 'admin',
      operation: {
        id: 'deleteRoom',
        summary: 'Deletes a room and its state. Its members leave it, and a game that is played in it ends.',
        params: ROOM_PARAMS,
        answers: { 200: 'Empty' },
        errors: ['ROOM_NOT_FOUND'],
        conditions: ['if-match'],
      },
      run: async ({ params, header, span }) => {
        const ifMatch = parseIfMatch(header('if-match'))
        // A room that does not exist is not found with or without a condition.
        const ifTag = ifMatch === '*' ? null : ifMatch
        const room = parseRoomId(params['id'], 'id')
        return answerOnCondition(async () => {
          await primary.ask('roomDelete', { room, ifTag }, span)
          return jsonAnswer({})
        })
      },
    },
  ]
}

function roomAnswer({ room, tag }: RoomAt, status = 200): HttpAnswer {
  return jsonAnswer(room, status, { etag: etagOf(tag) })
}

function putRoute({ primary, namespaces, roomCapacity }: RouteContext): Route {
  return {
    method: 'POST',
    path: '/api/v1/rooms',
    access: 'admin',
    operation: {
      id: 'putRoom',
      summary:
        'Makes a room that stays. If the room exists, its definition is changed, and its members stay in it. With `game`, opens a room with that game, which lasts until the game ends.',
      body: 'RoomBody',
      answers: { 201: 'RoomMade' },
      errors: ['CONFLICT', 'IDEMPOTENCY_CONFLICT', 'GAME_NOT_FOUND', 'REFUSED', 'GAME_FAILED'],
      conditions: ['if-none-match: *'],
    },
    run: async ({ header, json, span }) => {
      const ifAbsent = parseIfAbsent(header('if-none-match'))
      const body = parseBody(await json(), ROOM_BODY)
      const { room_id, namespace, capacity = roomCapacity, delivery = 'must', game = null } = body
      if (game !== null)
        return jsonAnswer(await primary.ask('gameRoomOpen', parseGameRoom(body, namespaces), span), 201)
      const id = parseRoomId(room_id, 'room_id')
      for (const name of FIELDS_OF_GAMES)
        if (body[name] !== undefined) throw badRequest(name, 'is only for rooms with a game')
      const room = {
        room_id: id,
        namespace: parseNamespace(namespace, namespaces),
        capacity: parseInteger(capacity, 'capacity', 1, CAPACITY_MAX),
        delivery: parseDelivery(delivery, 'delivery'),
        game,
      }
      const put = { room, ifAbsent, idempotencyKey: parseOptionalKey(body.idempotency_key) }
      const answer = async () => roomAnswer(await primary.ask('roomPut', put, span), 201)
      return ifAbsent ? answerOnCondition(answer) : answer()
    },
  }
}
