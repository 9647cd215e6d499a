import { EVENT, SERVER_EVENT } from '../../../src/protocol/events.ts'
import type { Value } from '../faulty-proxy.ts'
import { changing, fields, isEvent, isOf, without, withPayload, type FaultRow } from './fault.ts'

const isResumed = (value: Value) => value['eventType'] === SERVER_EVENT.resumed
const RESUME = /^resume\.(rec|rooms|repl|ids|chain|token|guest|never|vector\.(the|what|a-token|another|a-neg))/

export const RESUMES_FAULTS: readonly FaultRow[] = [
  {
    fault: 'the replay lacks its first event',
    run: RESUME,
    fails: [
      'resume.recovered.json',
      'resume.recovered.msgpack',
      'resume.replayed-exact',
      'resume.chain',
      'resume.rooms-left-out',
    ],
    make: () => ({
      frame: (value, line) => {
        if (isResumed(value)) line.memory.set('first', true)
        if (!isEvent(value) || !isOf(value, EVENT.broadcast) || line.memory.get('first') !== true) return [value]
        line.memory.delete('first')
        return []
      },
    }),
  },
  {
    fault: 'recovered: true for a bad token',
    run: RESUME,
    fails: ['resume.token-of-another', 'resume.vector.a-token-that-was-altered', 'resume.vector.what-is-no-token'],
    make: () =>
      changing((value) => {
        const isIt = isResumed(value) && fields(value['payload'])['reason'] === 'TOKEN_INVALID'
        return isIt ? { ...value, payload: { ...without(fields(value['payload']), 'reason'), recovered: true } } : value
      }),
  },
  {
    fault: 'replayed is one too many',
    run: RESUME,
    fails: ['resume.replayed-exact', 'resume.never-partial'],
    make: () =>
      changing((value) => {
        if (!isResumed(value)) return value
        return withPayload(value, { replayed: Number(fields(value['payload'])['replayed']) + 1 })
      }),
  },
  {
    fault: 'another epoch is history that is gone',
    run: RESUME,
    fails: ['resume.vector.another-epoch'],
    make: () =>
      changing((value) => {
        const isIt = isResumed(value) && fields(value['payload'])['reason'] === 'EPOCH_CHANGED'
        return isIt ? withPayload(value, { reason: 'HISTORY_GONE' }) : value
      }),
  },
  {
    fault: 'rooms that are not named are forgotten',
    run: RESUME,
    fails: ['resume.rooms-left-out'],
    make: () =>
      changing((value, { url }) => {
        return isResumed(value) && !url.includes('rooms=') ? withPayload(value, { rooms: [] }) : value
      }),
  },
  {
    fault: 'a guest who comes back is somebody else',
    run: RESUME,
    fails: ['resume.guest-id'],
    make: () =>
      changing((value, { url }) => {
        const isIt = isResumed(value) && url.includes('/public')
        return isIt ? withPayload(value, { user_id: 'guest-somebody-else' }) : value
      }),
  },
]
