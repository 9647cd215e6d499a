import { EVENT } from '../protocol/events.ts'
import { parseBroadcast } from '../protocol/payloads.ts'
import type { BroadcastPayload } from '../protocol/shapes/payloads.ts'
import type { Command } from './command.ts'
import { bytesOf } from '../protocol/event-body.ts'
import { toEvent } from './event.ts'
import { channelOf } from './rooms.ts'
import { requireShare } from './share.ts'

export const broadcast: Command<BroadcastPayload, 'broadcast'> = {
  eventType: EVENT.broadcast,
  about: {
    summary: 'Sends an event to all members of a joined room, or of the namespace.',
    errors: ['NOT_IN_ROOM'],
    event: 'BroadcastEvent',
  },

  parse: (payload) => parseBroadcast(payload, 'payload.'),

  run({ message, retain }, call, done) {
    const { connection, context, request } = call
    const { room } = request
    const channel = channelOf(connection, room)
    const event = toEvent(call, room)
    const bytes = bytesOf(event)
    if (room === undefined) requireShare(call, connection.share.broadcast(bytes))
    else requireShare(call, connection.share.say(bytes, context.fanout.countOf(channel) * context.limits.workers))
    const isKept = retain === true
    const state = isKept ? { json: Buffer.from(JSON.stringify(message)), shareKey: connection.shareKey } : null
    const args = { channel, event, state, once: null, isLimited: true }
    context.link.call('broadcast', args, done, call.span, call.untilMs, connection.number)
  },
}
