import { badRequest, Refusal } from '../protocol/errors.ts'
import { EVENT } from '../protocol/events.ts'
import type { Command } from './command.ts'
import { requireMember } from './rooms.ts'

/** Rooms have no games yet, so there is nothing the input could go to: said, not swallowed. */
export const roomInput: Command<undefined, 'roomInput'> = {
  eventType: EVENT.roomInput,
  about: { summary: "Input for a room's game; rooms have none yet.", errors: ['NOT_IN_ROOM'] },

  parse({ input }, { room }) {
    if (input === undefined) throw badRequest('payload.input', 'is required')
    if (room === undefined) throw badRequest('room', 'is required')
    return undefined
  },

  run(_args, { connection, request }) {
    if (request.room !== undefined) requireMember(connection, request.room)
    throw new Refusal('FORBIDDEN', 'no game runs in this room')
  },
}
