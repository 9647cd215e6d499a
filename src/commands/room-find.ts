import { badRequest, Refusal } from '../protocol/errors.ts'
import { EVENT, type JsonObject } from '../protocol/events.ts'
import { parseOptions, parseStay, parseWhere } from '../protocol/game-payloads.ts'
import { parseGameName } from '../protocol/ids.ts'
import type { Where } from '../protocol/shapes/games.ts'
import { patchEncoding } from '../session/games/viewer.ts'
import type { Command } from './command.ts'
import { enterRoom, takePlace } from './enter-room.ts'

interface Args {
  readonly game: string
  readonly where: Where
  readonly options: JsonObject
  readonly stay: boolean
}

export const roomFind: Command<Args, 'roomFind'> = {
  eventType: EVENT.roomFind,
  about: {
    summary: 'Joins the best room of a game, or makes one if none fits.',
    errors: ['GAME_NOT_FOUND', 'ROOM_LIMIT', 'REFUSED', 'GAME_FAILED', 'MOVED'],
    event: 'JoinedEvent',
  },

  parse({ game, where, options, stay, party }) {
    // It is better to refuse a party than to leave some of it behind unnoticed.
    if (party !== undefined) throw badRequest('payload.party', 'finding a room for a party is not supported yet')
    return {
      game: parseGameName(game, 'payload.game'),
      where: parseWhere(where, 'payload.where'),
      options: parseOptions(options, 'payload.options'),
      stay: parseStay(stay, 'payload.stay'),
    }
  },

  run(args, call, done) {
    const { connection, context, span, untilMs } = call
    takePlace(call)
    context.link.call(
      'find',
      { connectionId: connection.id, ...args, encoding: patchEncoding(connection) },
      (result) => {
        if (result instanceof Refusal) done(result)
        else enterRoom(call, result, done)
      },
      span,
      untilMs,
      connection.number,
    )
  },
}
