import { EVENT } from '../protocol/events.ts'
import { parseBroadcast } from '../protocol/payloads.ts'
import type { BroadcastPayload } from '../protocol/shapes/payloads.ts'
import type { Command } from './command.ts'
import { toEvent } from './event.ts'
import { channelOf } from './rooms.ts'

export const broadcast: Command<BroadcastPayload, 'broadcast'> = {
  eventType: EVENT.broadcast,
  about: {
    summary: 'Says something to all members of a room that was joined, or of the namespace.',
    errors: ['NOT_IN_ROOM'],
    event: 'BroadcastEvent',
  },

  parse: (payload) => parseBroadcast(payload, 'payload.'),

  run({ message, retain }, call, done) {
    const channel = channelOf(call.connection, call.request.room)
    const state = retain === true ? Buffer.from(JSON.stringify(message)) : null
    call.context.link.call(
      'broadcast',
      { channel, event: toEvent(call, call.request.room), state, once: null },
      done,
      call.span,
      call.untilMs,
      call.connection.number,
    )
  },
}
