import { badRequest, Refusal } from '../protocol/errors.ts'
import { EVENT } from '../protocol/events.ts'
import { parseInputName, parseSeq } from '../protocol/game-payloads.ts'
import type { RoomId } from '../protocol/ids.ts'
import type { Command } from './command.ts'
import { requireViewer } from './rooms.ts'

interface Args {
  readonly room: RoomId
  readonly name: string
  /** A JSON value, or the bytes of a binary client, which are encoded by the type of the input. */
  readonly input: unknown
  readonly seq: number | null
}

export const roomInput: Command<Args, 'roomInput'> = {
  eventType: EVENT.roomInput,
  about: {
    summary: 'Sends what a player does in the game of a room.',
    errors: ['NOT_IN_ROOM', 'ROOM_OVER', 'REFUSED', 'GAME_FAILED', 'MOVED'],
    event: 'RoomPatchEvent',
  },

  parse({ name, input, seq }, { room }) {
    if (input === undefined) throw badRequest('payload.input', 'is required')
    if (room === undefined) throw badRequest('room', 'is required')
    return { room, name: parseInputName(name, 'payload.name'), input, seq: parseSeq(seq, 'payload.seq') }
  },

  run(args, { connection, context, span, untilMs }, done) {
    requireViewer(connection, args.room, context.games)
    context.link.call(
      'gameInput',
      { connectionId: connection.id, ...args },
      (result) => {
        if (result instanceof Refusal) done(result)
        else done(result.value === null ? { tick: result.tick } : { tick: result.tick, value: result.value })
      },
      span,
      untilMs,
      connection.number,
    )
  },
}
