import { bytesOf } from '../protocol/event-body.ts'
import { Refusal } from '../protocol/errors.ts'
import { EVENT } from '../protocol/events.ts'
import { isGuestId, parseUserId, type UserId } from '../protocol/ids.ts'
import { parseMessage } from '../protocol/payloads.ts'
import type { Command } from './command.ts'
import { toEvent } from './event.ts'
import { requireShare } from './share.ts'

export const sendMessage: Command<UserId, 'sendMessage'> = {
  eventType: EVENT.sendMessage,
  about: {
    summary: 'Sends an event to all connections of a user.',
    errors: ['USER_OFFLINE', 'FORBIDDEN'],
    event: 'SendMessageEvent',
  },

  parse(payload) {
    parseMessage(payload, 'payload')
    return parseUserId(payload['target_user_id'], 'payload.target_user_id')
  },

  run(target, call, done) {
    const { connection, context, span, untilMs } = call
    const isToPlayer = !isGuestId(target)
    if (isToPlayer && connection.access === 'guest' && !context.limits.guestsMessagePlayers) {
      throw new Refusal('FORBIDDEN', 'a guest may not send messages to players (GUESTS_MESSAGE_PLAYERS)')
    }
    const event = toEvent(call)
    requireShare(call, connection.share.message(target, bytesOf(event)))
    const args = { target, event, once: null, isLimited: true }
    context.link.call('message', args, done, span, untilMs, connection.number)
  },
}
