import { parseInteger } from '../domain/good.ts'
import { badRequest, Refusal } from '../protocol/errors.ts'
import { EVENT } from '../protocol/events.ts'
import { ROOM_LIST_LIMIT } from '../protocol/game-limits.ts'
import { parseWhere } from '../protocol/game-payloads.ts'
import { parseGameName } from '../protocol/ids.ts'
import { CURSOR, type PageArgs } from '../protocol/page.ts'
import type { Where } from '../protocol/shapes/games.ts'
import type { Command } from './command.ts'

interface Args extends PageArgs {
  readonly game: string
  readonly where: Where
}

export const roomList: Command<Args, 'roomList'> = {
  eventType: EVENT.roomList,
  about: { summary: 'The rooms of a game that can be joined or watched.', errors: ['GAME_NOT_FOUND'] },

  parse({ game, where, limit, cursor }) {
    return {
      game: parseGameName(game, 'payload.game'),
      where: parseWhere(where, 'payload.where'),
      limit:
        limit === undefined ? ROOM_LIST_LIMIT.fallback : parseInteger(limit, 'payload.limit', 1, ROOM_LIST_LIMIT.max),
      cursor: cursor === undefined || cursor === null ? null : parseCursor(cursor),
    }
  },

  run(args, { connection, context, span, untilMs }, done) {
    const { namespace } = connection
    context.link.call(
      'gameRooms',
      { namespace, ...args },
      (result) => {
        if (result instanceof Refusal) done(result)
        else {
          const rooms = result.items.map(({ namespace: _namespace, ...room }) => room)
          done({ rooms, next_cursor: result.next_cursor })
        }
      },
      span,
      untilMs,
      connection.number,
    )
  },
}

function parseCursor(value: unknown): string {
  if (typeof value === 'string' && CURSOR.test(value)) return value
  throw badRequest('payload.cursor', 'must be the next_cursor of a page')
}
