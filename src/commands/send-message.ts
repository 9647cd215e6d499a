import { badRequest } from '../protocol/errors.ts'
import { EVENT } from '../protocol/events.ts'
import { parseUserId, type UserId } from '../protocol/ids.ts'
import type { Command } from './command.ts'
import { toEventBody } from './event-body.ts'

export const sendMessage: Command<UserId> = {
  eventType: EVENT.sendMessage,

  parse({ target_user_id, text, data }) {
    if ((text === undefined) === (data === undefined)) {
      throw badRequest('payload', 'needs text or data, and only one of the two')
    }
    if (text !== undefined && typeof text !== 'string') throw badRequest('payload.text', 'must be a string')
    return parseUserId(target_user_id, 'payload.target_user_id')
  },

  run(target, call, done) {
    call.context.link.call('message', { target, body: toEventBody(call) }, done)
  },
}
