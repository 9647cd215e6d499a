/** RFC 6455 section 5.3: what a client sends is masked, with any key. */
import { JSON_AND_MSGPACK, type Case } from '../case.ts'
import { pong } from '../short.ts'

const KEYS = [
  '00000000',
  'ffffffff',
  '01020304',
  '80808080',
  '000000ff',
  'ff000000',
  '00ff00ff',
  '7b227d22',
  '81858185',
]

export const MASKING: readonly Case[] = [
  ...KEYS.map((mask): Case => ({
    id: `masking.key-${mask}`,
    section: '5.3',
    name: `a message that is masked with ${mask}`,
    encodings: JSON_AND_MSGPACK,
    send: [{ op: 'data', body: { ask: 'a', bytes: 131 }, mask }],
    wants: 'reply a',
  })),
  ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((length): Case => ({
    id: `masking.remainder-${length}`,
    section: '5.3',
    name: `${length} bytes, which the key of four fits or does not`,
    send: [{ op: 'ping', body: '123456789'.slice(0, length), mask: 'a1b2c3d4' }],
    wants: `pong ${'123456789'.slice(0, length)}`.trim(),
  })),
  {
    id: 'masking.a-key-each',
    section: '5.3',
    name: 'each frame has a key of its own',
    encodings: JSON_AND_MSGPACK,
    send: [
      { op: 'data', body: { ask: 'a' }, mask: '11111111' },
      { op: 'ping', body: 'p', mask: '22222222' },
      { op: 'data', body: { ask: 'b' }, mask: 'fedcba98' },
    ],
    wants: 'reply a, pong p, reply b',
  },
  {
    id: 'masking.a-key-for-each-fragment',
    section: '5.3',
    name: 'each fragment has a key of its own',
    encodings: JSON_AND_MSGPACK,
    send: [
      { op: 'data', fin: false, body: { ask: 'a', part: [0, 7] }, mask: '01020304' },
      { op: 'more', fin: false, body: { ask: 'a', part: [7, 20] }, mask: 'f0e0d0c0' },
      { op: 'more', body: { ask: 'a', part: [20] }, mask: '00000000' },
    ],
    wants: 'reply a',
  },
  {
    id: 'masking.looks-like-frames',
    section: '5.3',
    name: 'a ping whose masked bytes look like frames',
    send: [{ op: 'ping', body: { hex: '8880818088808180' }, mask: '00000000' }],
    wants: pong(Buffer.from('8880818088808180', 'hex')),
  },
  ...(['data', 'ping', 'pong'] as const).map((op): Case => ({
    id: `masking.none-${op}`,
    section: '5.1',
    name: `a frame that is not masked (${op}): the server must close`,
    send: [{ op, mask: 'none', body: 'in clear' }],
    unfinished: true,
    wants: ['close 1002', 'dropped'],
    does: 'open',
    deviation: 'unmasked',
  })),
  {
    id: 'masking.none-more',
    section: '5.1',
    name: 'a continuation of nothing that is not masked',
    send: [{ op: 'more', mask: 'none', body: 'in clear' }],
    wants: ['close 1002', 'dropped'],
    does: 'dropped',
  },
  {
    id: 'masking.none-close',
    section: '5.1',
    name: 'a close frame that is not masked',
    send: [{ op: 'close', mask: 'none', body: { code: 1000 } }],
    wants: ['close 1002', 'dropped'],
    does: 'open',
    deviation: 'unmasked',
  },
  {
    id: 'masking.none-request',
    section: '5.1',
    name: 'a request that is not masked is not carried out',
    encodings: JSON_AND_MSGPACK,
    send: [{ op: 'data', mask: 'none', body: { ask: 'a' } }],
    unfinished: true,
    wants: ['close 1002', 'dropped'],
    does: 'open',
    deviation: 'unmasked',
  },
]
