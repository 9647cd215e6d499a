import { EVENT, SERVER_EVENT } from '../../../src/protocol/events.ts'
import type { Faults } from '../faulty-proxy.ts'
import { changing, fields, isOf, without, withData, type FaultRow } from './fault.ts'

/** Every event to every line that is not in its room. */
const leaking: Faults = {
  frame: (value, line) => {
    if (!isOf(value, EVENT.broadcast) || !('room' in value) || value['userId'] !== line.memory.get('user'))
      return [value]
    for (const other of line.all) if (other !== line) other.send(value)
    return [value]
  },
}

export const ROOMS_FAULTS: readonly FaultRow[] = [
  {
    fault: "a stranger gets a room's events",
    run: /^room\.(members|isolated|after|namespace|joined)/,
    fails: ['room.members-only', 'room.isolated', 'room.after-leave'],
    make: () => ({
      frame: (value, line) => {
        const user = fields(value['payload'])['user_id']
        if (value['eventType'] === SERVER_EVENT.ready) line.memory.set('user', user)
        return leaking.frame?.(value, line) ?? [value]
      },
    }),
  },
  {
    fault: 'retained state is lost',
    run: /^room\.(state|join$|leave$)/,
    fails: ['room.state'],
    make: () => changing((value) => ('state' in fields(value['data']) ? withData(value, { state: null }) : value)),
  },
  {
    fault: 'nobody is told who left',
    run: /^room\.(left|joined|join$|after)/,
    fails: ['room.left'],
    make: () => ({ frame: (value) => (isOf(value, SERVER_EVENT.left) ? [] : [value]) }),
  },
  {
    fault: 'presence.list ends after its first page',
    run: /^room\.presence/,
    fails: ['room.presence-pages'],
    make: () =>
      changing((value) => ('next_cursor' in fields(value['data']) ? withData(value, { next_cursor: null }) : value)),
  },
  {
    fault: 'delivered counts one connection',
    run: /^message\./,
    fails: ['message.every-connection'],
    make: () => changing((value) => ('delivered' in fields(value['data']) ? withData(value, { delivered: 1 }) : value)),
  },
  {
    fault: 'a message is said to have gone to who is not there',
    run: /^message\./,
    fails: ['message.offline', 'message.gone'],
    make: () =>
      changing((value) => {
        const isOffline = fields(value['error'])['code'] === 'USER_OFFLINE'
        return isOffline ? { ...without(value, 'error'), success: true, data: { offset: 1, delivered: 0 } } : value
      }),
  },
]
