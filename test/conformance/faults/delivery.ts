import { EVENT } from '../../../src/protocol/events.ts'
import type { Value } from '../faulty-proxy.ts'
import { changing, counts, fields, isEvent, isOf, without, withData, type FaultRow } from './fault.ts'

const LOG = /^log\./

export const DELIVERY_FAULTS: readonly FaultRow[] = [
  {
    fault: 'drops every 25th event of a room',
    run: LOG,
    fails: ['log.complete', 'log.prev-room'],
    make: () => ({
      frame: (value, line) =>
        'room' in value && isOf(value, EVENT.broadcast) && counts(line, value, 25) ? [] : [value],
    }),
  },
  {
    fault: 'swaps an event of a room with the next one of another channel',
    run: LOG,
    fails: ['log.offset-grows'],
    may: ['log.one-order'],
    make: () => ({
      frame: (value, line) => {
        const held = line.memory.get('held') as Value | undefined
        if (held && isEvent(value)) {
          line.memory.delete('held')
          return 'room' in value ? [held, value] : [value, held]
        }
        if (!('room' in value) || !isOf(value, EVENT.broadcast) || !counts(line, value, 5)) return [value]
        line.memory.set('held', value)
        return []
      },
    }),
  },
  {
    fault: 'sends every 20th event twice',
    run: LOG,
    fails: ['log.once', 'log.offset-grows'],
    may: ['log.one-order', 'log.prev-room', 'log.prev-namespace', 'log.prev-user'],
    make: () => ({ frame: (value, line) => (counts(line, value, 20) ? [value, value] : [value]) }),
  },
  {
    fault: 'a prev that skips an event of the room',
    run: LOG,
    fails: ['log.prev-room'],
    make: () =>
      changing((value, line) => {
        const isIt = 'room' in value && counts(line, value, 10)
        return isIt ? { ...value, prev: Number(value['prev']) - 1 } : value
      }),
  },
  {
    fault: 'a prev ahead of what came last in the namespace',
    run: LOG,
    fails: ['log.prev-namespace'],
    make: () =>
      changing((value, line) => {
        const isIt = !('room' in value) && isOf(value, EVENT.broadcast) && counts(line, value, 10)
        return isIt ? { ...value, prev: Number(value['offset']) - 1 } : value
      }),
  },
  {
    fault: 'no prev',
    run: LOG,
    fails: ['log.integers', 'log.prev-room', 'log.prev-namespace', 'log.prev-user'],
    make: () => changing((value) => without(value, 'prev')),
  },
  {
    fault: 'no channel',
    run: LOG,
    fails: ['log.channel-user', 'log.channels', 'log.prev-namespace'],
    make: () => changing((value) => without(value, 'channel')),
  },
  {
    fault: 'offsets that fall',
    run: LOG,
    fails: [
      'log.channel-user',
      'log.complete',
      'log.offset-grows',
      'log.prev-namespace',
      'log.prev-room',
      'log.prev-user',
      'log.reply-offset',
    ],
    make: () => changing((value) => (isEvent(value) ? { ...value, offset: 1e9 - Number(value['offset']) } : value)),
  },
  {
    fault: 'a reply with an offset beside that of the event',
    run: /^log\.(reply|sent)|^event\.(names|user)|^message\.every/,
    fails: ['log.reply-offset', 'event.names', 'event.user-id', 'event.user-id-claimed', 'message.every-connection'],
    make: () =>
      changing((value) => {
        const { offset } = fields(value['data'])
        return typeof offset === 'number' ? withData(value, { offset: offset + 1 }) : value
      }),
  },
]
