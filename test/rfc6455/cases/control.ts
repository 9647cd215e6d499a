/** RFC 6455 sections 5.5, 5.5.2 and 5.5.3: pings and pongs. */
import { JSON_AND_MSGPACK, type Case, type Frame } from '../case.ts'
import { pong } from '../short.ts'

const dropped = { does: 'dropped', deviation: 'dropped' } as const
const ask: Frame = { op: 'data', body: { ask: 'a' } }

const PINGS: readonly Omit<Case, 'section'>[] = [
  { id: 'ping.empty', name: 'an empty ping', encodings: JSON_AND_MSGPACK, send: [{ op: 'ping' }], wants: 'pong' },
  {
    id: 'ping.text',
    name: 'a ping with text',
    encodings: JSON_AND_MSGPACK,
    send: [{ op: 'ping', body: 'hello' }],
    wants: 'pong hello',
  },
  {
    id: 'ping.124',
    name: 'a ping of 124 bytes',
    send: [{ op: 'ping', body: { x: 124 } }],
    wants: pong(Buffer.alloc(124, 'x')),
  },
  {
    id: 'ping.125',
    name: 'a ping of 125 bytes',
    send: [{ op: 'ping', body: { x: 125 } }],
    wants: pong(Buffer.alloc(125, 'x')),
  },
  {
    id: 'ping.bytes',
    name: 'a ping of bytes that are no text',
    send: [{ op: 'ping', body: { hex: '00ff80fec3280d0a' } }],
    wants: pong(Buffer.from('00ff80fec3280d0a', 'hex')),
  },
  {
    id: 'ping.surrogate',
    name: 'a ping of invalid UTF-8, which need not be text',
    send: [{ op: 'ping', body: { hex: 'eda080' } }],
    wants: pong(Buffer.from('eda080', 'hex')),
  },
  {
    id: 'ping.ten',
    name: 'ten pings in one segment',
    send: Array.from({ length: 10 }, (_, i): Frame => ({ op: 'ping', body: `${i}` })),
    wants: [Array.from({ length: 10 }, (_, i) => `pong ${i}`).join(', '), 'pong 9'],
  },
  {
    id: 'ping.hundred',
    name: 'a hundred empty pings in one segment',
    send: [{ times: 100, frame: { op: 'ping' } }],
    wants: ['100 × pong', 'pong'],
  },
  {
    id: 'ping.before-request',
    name: 'a ping before a request',
    encodings: JSON_AND_MSGPACK,
    send: [{ op: 'ping', body: 'p' }, ask],
    wants: 'pong p, reply a',
  },
  {
    id: 'ping.after-request',
    name: 'a ping after a request',
    encodings: JSON_AND_MSGPACK,
    send: [ask, { op: 'ping', body: 'p' }],
    wants: ['reply a, pong p', 'pong p, reply a'],
  },
  {
    id: 'ping.in-single-bytes',
    name: 'a ping in segments of one byte',
    send: [{ op: 'ping', body: 'hello' }],
    cut: 1,
    wants: 'pong hello',
  },
  {
    id: 'ping.longest-in-single-bytes',
    name: 'a ping of 125 bytes in segments of one byte',
    send: [{ op: 'ping', body: { x: 125 } }],
    cut: 1,
    wants: pong(Buffer.alloc(125, 'x')),
  },
  {
    id: 'pong.empty',
    name: 'a pong that nobody asked for',
    encodings: JSON_AND_MSGPACK,
    send: [{ op: 'pong' }, ask],
    wants: 'reply a',
  },
  {
    id: 'pong.text',
    name: 'a pong with text that nobody asked for',
    send: [{ op: 'pong', body: 'hello' }, ask],
    wants: 'reply a',
  },
  { id: 'pong.125', name: 'a pong of 125 bytes', send: [{ op: 'pong', body: { x: 125 } }, ask], wants: 'reply a' },
  {
    id: 'pong.bytes',
    name: 'a pong of bytes that are no text',
    send: [{ op: 'pong', body: { hex: 'ff80' } }, ask],
    wants: 'reply a',
  },
  {
    id: 'pong.many',
    name: 'fifty pongs in one segment',
    send: [{ times: 50, frame: { op: 'pong', body: 'x' } }, ask],
    wants: 'reply a',
  },
  {
    id: 'pong.and-ping',
    name: 'a pong, then a ping',
    send: [
      { op: 'pong', body: 'no' },
      { op: 'ping', body: 'yes' },
    ],
    wants: 'pong yes',
  },
]

const CONTROLS = ['ping', 'pong', 'close'] as const

const WRONG: readonly Omit<Case, 'section'>[] = CONTROLS.flatMap((op) => [
  ...[126, 127, 1000, 65_535, 65_536].map((x) => ({
    id: `${op}.too-long-${x}`,
    name: `a ${op} of ${x} bytes: 125 at most`,
    send: [{ op, body: { x } } as const],
    wants: 'close 1002',
    ...dropped,
  })),
  ...([16, 64] as const).map((lengthBits) => ({
    id: `${op}.length-in-${lengthBits}`,
    name: `a ${op} whose length of 2 has ${lengthBits} bits`,
    send: [{ op, body: { hex: '03e8' }, lengthBits } as const],
    wants: 'close 1002',
    ...dropped,
  })),
  {
    id: `${op}.fragment`,
    name: `a ${op} that is a fragment`,
    encodings: JSON_AND_MSGPACK,
    send: [{ op, fin: false, body: { hex: '03e8' } } as const],
    wants: 'close 1002',
    ...dropped,
  },
  {
    id: `${op}.fragments`,
    name: `a ${op} in two fragments`,
    send: [{ op, fin: false, body: { hex: '03' } } as const, { op: 'more', body: { hex: 'e8' } } as const],
    wants: 'close 1002',
    ...dropped,
  },
  {
    id: `${op}.fragment-inside`,
    name: `a ${op} that is a fragment, between those of a message`,
    send: [
      { op: 'data', fin: false, body: { ask: 'a', part: [0, 5] } } as const,
      { op, fin: false, body: { hex: '03e8' } } as const,
      { op: 'more', body: { ask: 'a', part: [5] } } as const,
    ],
    wants: 'close 1002',
    ...dropped,
  },
])

export const CONTROL: readonly Case[] = [...PINGS, ...WRONG].map((it) => ({ ...it, section: '5.5' }))
