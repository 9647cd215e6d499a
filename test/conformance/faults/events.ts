import type { Line } from '../faulty-proxy.ts'
import { changing, fields, isEvent, mapDeep, without, type FaultRow } from './fault.ts'

/** What the last request of a line claimed as its user. */
const claimed = (line: Line) => line.memory.get('claimed')

export const EVENTS_FAULTS: readonly FaultRow[] = [
  {
    fault: "the client's own userId is passed on",
    run: /^event\.[^l]/,
    fails: ['event.user-id-claimed'],
    make: () => ({
      seen: (value, line) => void line.memory.set('claimed', value['userId']),
      frame: (value, line) => [
        isEvent(value) && claimed(line) !== undefined ? { ...value, userId: claimed(line) } : value,
      ],
    }),
  },
  {
    fault: 'an id that is no UUIDv7',
    run: /^event\.[^l]/,
    fails: ['event.id'],
    make: () =>
      changing((value) =>
        isEvent(value) ? { ...value, id: String(value['id']).replace(/(?<=^.{14})7/, '4') } : value,
      ),
  },
  {
    fault: 'a timestamp in seconds',
    run: /^event\.[^l]/,
    fails: ['event.timestamp'],
    make: () =>
      changing((value) =>
        isEvent(value) ? { ...value, timestamp: Math.floor(Number(value['timestamp']) / 1000) } : value,
      ),
  },
  {
    fault: 'numbers are rounded to single precision',
    run: /^value\./,
    fails: ['value.integers.json', 'value.integers.msgpack', 'value.doubles.json', 'value.doubles.msgpack'],
    make: () =>
      changing((value) => {
        const round = (leaf: unknown) => (typeof leaf === 'number' ? Math.fround(leaf) : leaf)
        return isEvent(value) ? { ...value, payload: mapDeep(value['payload'], round) } : value
      }),
  },
  {
    fault: 'text is normalized',
    run: /^value\./,
    fails: ['value.text.json', 'value.text.msgpack'],
    make: () =>
      changing((value) => {
        const normalize = (leaf: unknown) => (typeof leaf === 'string' ? leaf.normalize() : leaf)
        return isEvent(value) ? { ...value, payload: mapDeep(value['payload'], normalize) } : value
      }),
  },
  {
    fault: 'fields of the payload that nobody asked for are lost',
    run: /^value\./,
    fails: ['value.whole-payload'],
    make: () =>
      changing((value) => (isEvent(value) ? { ...value, payload: without(fields(value['payload']), 'extra') } : value)),
  },
]
