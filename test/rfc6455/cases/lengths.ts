/** RFC 6455 section 5.2: payload lengths, in each of the three forms, and the server's own limits. */
import { HARD_BYTES, SOFT_BYTES } from '../limits.ts'
import { JSON_AND_MSGPACK, type Case } from '../case.ts'

const WHOLE = [100, 124, 125, 126, 127, 128, 129, 200, 1000, 4095, 4096, 16_384]
const EDGES = [65_534, 65_535, 65_536, 65_537, SOFT_BYTES - 1, SOFT_BYTES]
const dropped = { does: 'dropped', deviation: 'dropped' } as const

export const LENGTHS: readonly Case[] = [
  {
    id: 'length.empty-message',
    section: '5.6',
    name: 'a message of no bytes is a message: that it is no request is said in a reply',
    encodings: JSON_AND_MSGPACK,
    send: [{ op: 'data' }],
    wants: 'refused BAD_REQUEST',
  },
  ...[...WHOLE, ...EDGES].map((bytes): Case => ({
    id: `length.message-${bytes}`,
    section: '5.2',
    name: `a message of ${bytes} bytes`,
    encodings: JSON_AND_MSGPACK,
    send: [{ op: 'data', body: { ask: 'a', bytes } }],
    wants: 'reply a',
  })),
  ...[SOFT_BYTES + 1, HARD_BYTES].map((bytes): Case => ({
    id: `length.too-large-${bytes}`,
    section: '7.4.1',
    name: `a message of ${bytes} bytes, over the soft limit`,
    encodings: JSON_AND_MSGPACK,
    send: [{ op: 'data', body: { x: bytes } }],
    wants: 'refused PAYLOAD_TOO_LARGE, close 1009',
  })),
  {
    id: 'length.over-hard-limit',
    section: '7.4.1',
    name: 'a message of one byte over the hard limit',
    encodings: JSON_AND_MSGPACK,
    send: [{ op: 'data', body: { x: HARD_BYTES + 1 } }],
    wants: 'close 1009',
    ...dropped,
  },
  ...[2n ** 32n - 1n, 2n ** 32n, 2n ** 40n, 2n ** 53n, 2n ** 63n - 1n].map((length): Case => ({
    id: `length.announced-${length}`,
    section: '7.4.1',
    name: `a message that is announced with ${length} bytes`,
    send: [{ op: 'data', length, body: 'x' }],
    unfinished: true,
    wants: 'close 1009',
    ...dropped,
  })),
  ...[2n ** 63n, 2n ** 63n + 125n, 2n ** 64n - 1n].map((length): Case => ({
    id: `length.highest-bit-${length}`,
    section: '5.2',
    name: `a length of ${length}: the highest bit must be 0`,
    send: [{ op: 'data', length, body: 'x' }],
    unfinished: true,
    wants: ['close 1002', 'close 1009'],
    ...dropped,
  })),
  ...(
    [
      [100, 16],
      [125, 16],
      [100, 64],
      [125, 64],
      [126, 64],
      [65_535, 64],
    ] as const
  ).map(([bytes, lengthBits]): Case => ({
    id: `length.not-minimal-${bytes}-in-${lengthBits}`,
    section: '5.2',
    name: `a length of ${bytes} in ${lengthBits} bits: the fewest must be used`,
    encodings: JSON_AND_MSGPACK,
    send: [{ op: 'data', body: { ask: 'a', bytes }, lengthBits }],
    wants: 'close 1002',
    does: 'reply a',
    deviation: 'longLengths',
  })),
  ...([16, 64] as const).map((lengthBits): Case => ({
    id: `length.empty-in-${lengthBits}`,
    section: '5.2',
    name: `an empty message whose length has ${lengthBits} bits`,
    send: [{ op: 'data', lengthBits }],
    wants: 'close 1002',
    does: 'refused BAD_REQUEST',
    deviation: 'longLengths',
  })),
]
