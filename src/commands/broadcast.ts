import { badRequest } from '../protocol/errors.ts'
import { EVENT, type JsonValue } from '../protocol/events.ts'
import type { Command } from './command.ts'
import { toEventBody } from './event-body.ts'
import { channelOf } from './rooms.ts'

interface Args {
  readonly message: JsonValue
  readonly retain: boolean
}

export const broadcast: Command<Args> = {
  eventType: EVENT.broadcast,

  parse({ message, retain }) {
    if (message === undefined) throw badRequest('payload.message', 'is required')
    if (retain !== undefined && typeof retain !== 'boolean') throw badRequest('payload.retain', 'must be true or false')
    return { message, retain: retain === true }
  },

  run({ message, retain }, call, done) {
    const channel = channelOf(call.connection, call.request.room)
    const state = retain ? Buffer.from(JSON.stringify(message)) : null
    call.context.link.call('broadcast', { channel, body: toEventBody(call, call.request.room), state }, done)
  },
}
