/** RFC 6455 sections 5.2 and 5.8: bits and opcodes that mean nothing yet. */
import { JSON_AND_MSGPACK, type Case } from '../case.ts'

const dropped = { does: 'dropped', deviation: 'dropped' } as const
const OPCODES = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]
const BITS = [1, 2, 3, 4, 5, 6, 7]

export const RESERVED: readonly Case[] = [
  ...OPCODES.flatMap((op): Case[] => [
    {
      id: `opcode.${op}`,
      section: '5.2',
      name: `opcode ${op}`,
      encodings: JSON_AND_MSGPACK,
      send: [{ op, body: { ask: 'a' } }],
      wants: 'close 1002',
      ...dropped,
    },
    {
      id: `opcode.${op}-empty`,
      section: '5.2',
      name: `opcode ${op} with nothing in it`,
      send: [{ op }],
      wants: 'close 1002',
      ...dropped,
    },
  ]),
  ...[3, 7, 11, 15].map((op): Case => ({
    id: `opcode.${op}-between-fragments`,
    section: '5.2',
    name: `opcode ${op} between fragments`,
    send: [
      { op: 'data', fin: false, body: { ask: 'a', part: [0, 5] } },
      { op },
      { op: 'more', body: { ask: 'a', part: [5] } },
    ],
    wants: 'close 1002',
    ...dropped,
  })),
  {
    id: 'opcode.3-after-request',
    section: '5.2',
    name: 'a request before a bad frame is answered',
    encodings: JSON_AND_MSGPACK,
    send: [{ op: 'data', body: { ask: 'a' } }, { op: 3 }],
    wants: 'reply a, close 1002',
    does: 'dropped',
    deviation: 'repliesLost',
  },
  {
    id: 'opcode.3-before-request',
    section: '7.1.7',
    name: 'a request after a bad frame is not carried out',
    encodings: JSON_AND_MSGPACK,
    send: [{ op: 3 }, { op: 'data', body: { ask: 'a' } }],
    wants: 'close 1002',
    ...dropped,
  },
  ...BITS.map((rsv): Case => ({
    id: `rsv.${rsv}-message`,
    section: '5.2',
    name: `a message with reserved bits ${bits(rsv)}: no extension was agreed on`,
    encodings: JSON_AND_MSGPACK,
    send: [{ op: 'data', rsv, body: { ask: 'a' } }],
    wants: 'close 1002',
    ...dropped,
  })),
  ...(['ping', 'pong', 'close'] as const).flatMap((op) =>
    BITS.map((rsv): Case => ({
      id: `rsv.${rsv}-${op}`,
      section: '5.2',
      name: `a ${op} with reserved bits ${bits(rsv)}`,
      send: [{ op, rsv }],
      wants: 'close 1002',
      ...dropped,
    })),
  ),
  ...BITS.map((rsv): Case => ({
    id: `rsv.${rsv}-more`,
    section: '5.2',
    name: `a continuation with reserved bits ${bits(rsv)}`,
    send: [
      { op: 'data', fin: false, body: { ask: 'a', part: [0, 5] } },
      { op: 'more', rsv, body: { ask: 'a', part: [5] } },
    ],
    wants: 'close 1002',
    ...dropped,
  })),
]

function bits(rsv: number): string {
  return rsv.toString(2).padStart(3, '0')
}
