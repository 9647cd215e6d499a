import type { Span } from '../../base/trace.ts'
import type { RoomEntry, RoomSeat } from '../../link/methods/room-inspection.ts'
import type { InspectedRoom, OpenArgs, PlayedGame, Where } from '../../link/methods/games.ts'
import { parseInteger } from '../../domain/good.ts'
import { badRequest } from '../../protocol/errors.ts'
import { parseBotKind, parseInputName, parseOptions, parsePassword, parseWhere } from '../../protocol/game-payloads.ts'
import { parseGameName, parseRoomId, parseUserId, type Namespace, type RoomId } from '../../protocol/ids.ts'
import type { JsonValue } from '../../protocol/events.ts'
import { BOT_BODY, INPUT_BODY, MOVE_BODY } from '../../protocol/shapes/games.ts'
import { FIELDS_OF_PLAIN, type ROOM_BODY } from '../../protocol/shapes/rooms.ts'
import type { ValueOf } from '../../protocol/shapes/build.ts'
import { jsonAnswer } from '../http.ts'
import { parseBody, parseLimit, parseNamespace, parseOptionalKey } from '../parse.ts'
import type { Route } from '../router.ts'
import type { RouteContext } from './admin-context.ts'

/** Hosts are replaced one by one. Each takes a few seconds, and there may be many. */
const SWAP_MS_MAX = 240_000
const ROOM_PARAMS = { id: 'RoomId' } as const

export function gameRoutes(context: RouteContext): readonly Route[] {
  return [...reads(context), ...changes(context)]
}

function reads(context: RouteContext): readonly Route[] {
  const { primary } = context
  return [
    {
      method: 'GET',
      path: '/api/v1/games',
      access: 'admin',
      operation: { id: 'listGames', summary: 'The games that this node plays.', answers: { 200: 'Games' } },
      run: async ({ span }) => {
        const { items } = await primary.ask('games', null, span)
        return jsonAnswer({ items: items.map((game) => ({ ...toGame(game), page: context.pageOf(game.name) })) })
      },
    },
    {
      method: 'GET',
      path: '/api/v1/rooms/:id/play',
      access: 'admin',
      operation: {
        id: 'getRoomPlay',
        summary: 'A room with a game as it is played now: its seats and its whole state.',
        params: ROOM_PARAMS,
        answers: { 200: 'RoomPlay' },
        errors: ['ROOM_NOT_FOUND', 'ROOM_OVER'],
      },
      run: async ({ params, span }) => jsonAnswer(await readPlay(context, parseRoomId(params['id'], 'id'), span)),
    },
    {
      method: 'GET',
      path: '/api/v1/rooms/:id/entries',
      access: 'admin',
      query: ['limit'],
      operation: {
        id: 'listRoomEntries',
        summary:
          'The latest entries of a room with a game, the newest first: inputs, joins and others, also those that were refused. GAME_RECENT_BYTES says how much is kept. They are forgotten when the room moves to another host.',
        params: ROOM_PARAMS,
        answers: { 200: 'RoomEntries' },
        errors: ['ROOM_NOT_FOUND', 'ROOM_OVER'],
      },
      run: async ({ params, query, span }) => {
        const args = { room: parseRoomId(params['id'], 'id'), limit: parseLimit(query) }
        const { items } = await primary.ask('gameRoomEntries', args, span)
        return jsonAnswer({ items: items.map(toEntry) })
      },
    },
  ]
}

function changes({ primary }: RouteContext): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/api/v1/rooms/:id/input',
      access: 'admin',
      operation: {
        id: 'sendInput',
        summary: 'Sends an input in the name of a user who has a seat.',
        params: ROOM_PARAMS,
        body: 'InputBody',
        answers: { 200: 'InputAnswer' },
        errors: ['ROOM_NOT_FOUND', 'ROOM_OVER', 'NOT_IN_ROOM', 'REFUSED', 'GAME_FAILED'],
      },
      run: async ({ params, json, span }) => {
        const { user_id, name, input } = parseBody(await json(), INPUT_BODY)
        const args = {
          room: parseRoomId(params['id'], 'id'),
          user: parseUserId(user_id, 'user_id'),
          name: parseInputName(name, 'name'),
          input: parseInput(input),
        }
        const { tick, value } = await primary.ask('gameRoomInput', args, span)
        return jsonAnswer(value === null ? { tick } : { tick, value })
      },
    },
    {
      method: 'DELETE',
      path: '/api/v1/rooms/:id/seats/:user',
      access: 'admin',
      operation: {
        id: 'kickSeat',
        summary: 'Ends the seat of a user in a room with a game. The connections of the user leave the room.',
        params: { ...ROOM_PARAMS, user: 'UserId' },
        answers: { 200: 'Empty' },
        errors: ['ROOM_NOT_FOUND', 'ROOM_OVER', 'NOT_IN_ROOM', 'GAME_FAILED'],
      },
      run: async ({ params, span }) => {
        const args = { room: parseRoomId(params['id'], 'id'), user: parseUserId(params['user'], 'user') }
        await primary.ask('gameRoomKick', args, span)
        return jsonAnswer({})
      },
    },
    ...takeoverRoutes(primary),
    ...botRoutes(primary),
  ]
}

/** Routes after which other hosts run the rooms. */
function takeoverRoutes(primary: RouteContext['primary']): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/api/v1/rooms/:id/move',
      access: 'admin',
      operation: {
        id: 'moveRoom',
        summary:
          'Moves a room with a game to another host of its node. It stops after a tick, and its next tick runs there.',
        params: ROOM_PARAMS,
        body: 'MoveBody',
        answers: { 200: 'RoomMoved' },
        errors: ['ROOM_NOT_FOUND', 'CONFLICT'],
      },
      run: async ({ params, json, span }) => {
        const { host } = parseBody(await json(), MOVE_BODY)
        const to = host === undefined ? null : parseInteger(host, 'host', 1)
        const moved = await primary.ask('gameRoomMove', { room: parseRoomId(params['id'], 'id'), host: to }, span)
        return jsonAnswer(moved)
      },
    },
    {
      method: 'POST',
      path: '/api/v1/games/:name/swap',
      access: 'admin',
      answerMsMax: SWAP_MS_MAX,
      operation: {
        id: 'swapGame',
        summary:
          'Loads the file of a game again and runs the new version in its rooms, under their players. If the new version cannot go on with the rooms, the old one does, and `details.mistakes` says why.',
        params: { name: 'GameName' },
        answers: { 200: 'GameSwapped' },
        errors: ['GAME_NOT_FOUND', 'CONFLICT', 'GAME_FAILED'],
      },
      run: async ({ params, span }) =>
        jsonAnswer(await primary.ask('gameSwap', { game: parseGameName(params['name'], 'name') }, span)),
    },
  ]
}

function botRoutes(primary: RouteContext['primary']): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/api/v1/rooms/:id/bots',
      access: 'admin',
      operation: {
        id: 'addBot',
        summary: 'Gives a free seat of a room to a bot of its game.',
        params: { id: 'RoomId' },
        body: 'BotBody',
        answers: { 201: 'BotAdded' },
        errors: ['ROOM_NOT_FOUND', 'ROOM_OVER', 'ROOM_FULL', 'REFUSED', 'GAME_FAILED', 'IDEMPOTENCY_CONFLICT'],
      },
      run: async ({ params, json, span }) => {
        const { bot, idempotency_key } = parseBody(await json(), BOT_BODY)
        const args = {
          room: parseRoomId(params['id'], 'id'),
          bot: parseBotKind(bot, 'bot'),
          idempotencyKey: parseOptionalKey(idempotency_key),
        }
        const { seat, tick } = await primary.ask('gameBotAdd', args, span)
        return jsonAnswer({ user_id: seat, bot: args.bot, tick }, 201)
      },
    },
    {
      method: 'DELETE',
      path: '/api/v1/rooms/:id/bots/:seat',
      access: 'admin',
      operation: {
        id: 'removeBot',
        summary: 'Ends the seat of a bot.',
        params: { id: 'RoomId', seat: 'BotSeat' },
        answers: { 200: 'Empty' },
        errors: ['ROOM_NOT_FOUND', 'ROOM_OVER', 'NOT_FOUND'],
      },
      run: async ({ params, span }) => {
        const args = { room: parseRoomId(params['id'], 'id'), seat: parseUserId(params['seat'], 'seat') }
        await primary.ask('gameBotRemove', args, span)
        return jsonAnswer({})
      },
    },
  ]
}

/** Parses the body that opens a room with a game. Throws BAD_REQUEST. */
export function parseGameRoom(
  body: Readonly<Record<keyof ValueOf<typeof ROOM_BODY>, unknown>>,
  namespaces: readonly Namespace[],
): OpenArgs {
  const { namespace, options, locked = false, password = null, record, idempotency_key } = body
  const game = parseGameName(body.game, 'game')
  for (const name of FIELDS_OF_PLAIN)
    if (body[name] !== undefined) throw badRequest(name, 'is only for rooms without a game')
  if (typeof locked !== 'boolean') throw badRequest('locked', 'must be true or false')
  if (record !== undefined && typeof record !== 'boolean') throw badRequest('record', 'must be true or false')
  return {
    namespace: parseNamespace(namespace, namespaces),
    game,
    options: parseOptions(options, 'options'),
    isLocked: locked,
    password: password === null ? null : parsePassword(password, 'password'),
    ...(record === undefined ? {} : { record }),
    idempotencyKey: parseOptionalKey(idempotency_key),
  }
}

/** Parses `?where=`, which is JSON. Returns no conditions if it is absent. Throws BAD_REQUEST. */
export function parseWhereText(text: string | null): Where {
  if (text === null) return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw badRequest('where', 'must be JSON')
  }
  return parseWhere(value, 'where')
}

/** Reads the seats and the state of a room with a game. Throws ROOM_NOT_FOUND or ROOM_OVER. */
export async function readPlay({ primary }: RouteContext, room: RoomId, span: Span | undefined): Promise<object> {
  return toPlay(await primary.ask('gameRoom', { room }, span))
}

function toPlay(room: InspectedRoom) {
  const { game, version, host, tick, latenessMs, seats, seats_free, seats_max, spectators, is_locked, listing, state } =
    room
  return {
    game,
    version,
    host,
    tick,
    lateness_ms: latenessMs,
    seats: seats.map(toSeat),
    seats_free,
    seats_max,
    spectators,
    is_locked,
    listing,
    state,
  }
}

function toSeat({ user, isConnected, standIn, heldUntilMs, ...seat }: RoomSeat) {
  return { user_id: user, is_connected: isConnected, stand_in: standIn, held_until: heldUntilMs, ...seat }
}

function toEntry({ atMs, user, ...entry }: RoomEntry) {
  return { ...entry, at: atMs, user_id: user }
}

function toGame({ seats, maxMs, hearsPurchases: _ofTheNode, count, failures, ...game }: PlayedGame) {
  const { holdMs, lateJoin, fill, standIn, ...others } = seats
  const filled = fill && { after_ms: fill.afterMs, bot: fill.bot, to: fill.to }
  const { rooms, players, botSeats } = count
  return {
    ...game,
    seats: { ...others, hold_ms: holdMs, late_join: lateJoin, fill: filled, stand_in: standIn },
    max_ms: maxMs,
    failures: failures.map(({ atMs, roomId, traceId, ...failure }) => ({
      ...failure,
      at: atMs,
      room_id: roomId,
      trace_id: traceId,
    })),
    now: { rooms, players, bots: botSeats },
  }
}

function parseInput(input: unknown): JsonValue {
  if (input === undefined) throw badRequest('input', 'is required')
  return input as JsonValue
}
