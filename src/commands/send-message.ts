import { EVENT } from '../protocol/events.ts'
import { parseUserId, type UserId } from '../protocol/ids.ts'
import { parseMessage } from '../protocol/payloads.ts'
import type { Command } from './command.ts'
import { toEvent } from './event.ts'

export const sendMessage: Command<UserId, 'sendMessage'> = {
  eventType: EVENT.sendMessage,
  about: {
    summary: 'Says something to all connections of a user.',
    errors: ['USER_OFFLINE'],
    event: 'SendMessageEvent',
  },

  parse(payload) {
    parseMessage(payload, 'payload')
    return parseUserId(payload['target_user_id'], 'payload.target_user_id')
  },

  run(target, call, done) {
    const { connection, context, span, untilMs } = call
    context.link.call('message', { target, event: toEvent(call), once: null }, done, span, untilMs, connection.number)
  },
}
