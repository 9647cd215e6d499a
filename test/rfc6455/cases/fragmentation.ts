/** RFC 6455 section 5.4: messages in several frames. */
import { HARD_BYTES, SOFT_BYTES } from '../limits.ts'
import { JSON_AND_MSGPACK, type Ask, type Case, type Frame } from '../case.ts'
import { pong } from '../short.ts'

const dropped = { does: 'dropped', deviation: 'dropped' } as const
const repliesLost = { does: 'dropped', deviation: 'repliesLost' } as const
const interleaved = { deviation: 'interleaved' } as const
const part = (from: number, to?: number, ask = 'a'): Ask => ({ ask, part: to === undefined ? [from] : [from, to] })
const start = (body?: Frame['body']): Frame => ({ op: 'data', fin: false, body: body ?? '' })
const middle = (body?: Frame['body']): Frame => ({ op: 'more', fin: false, body: body ?? '' })
const last = (body?: Frame['body']): Frame => ({ op: 'more', body: body ?? '' })
/** A request of this many bytes, in as many frames as it takes. */
function inParts(bytes: number, each: number): Frame[] {
  const frames: Frame[] = []
  for (let from = 0; from < bytes; from += each) {
    const body: Ask = { ask: 'a', bytes, part: [from, from + each] }
    frames.push(from === 0 ? start(body) : from + each >= bytes ? last(body) : middle(body))
  }
  return frames
}

const GOOD: readonly Omit<Case, 'section' | 'encodings'>[] = [
  { id: 'two', name: 'two fragments', send: [start(part(0, 9)), last(part(9))], wants: 'reply a' },
  {
    id: 'two-segments',
    name: 'two fragments, one after the other has come',
    send: [start(part(0, 9)), 'pause', last(part(9))],
    wants: 'reply a',
  },
  {
    id: 'three',
    name: 'three fragments',
    send: [start(part(0, 9)), middle(part(9, 12)), last(part(12))],
    wants: 'reply a',
  },
  { id: 'empty-first', name: 'nothing in the first fragment', send: [start(), last(part(0))], wants: 'reply a' },
  { id: 'empty-last', name: 'nothing in the last fragment', send: [start(part(0)), last()], wants: 'reply a' },
  {
    id: 'empty-middle',
    name: 'nothing in the fragments between',
    send: [start(part(0, 9)), middle(), middle(), middle(), last(part(9))],
    wants: 'reply a',
  },
  { id: 'all-empty', name: 'nothing in any fragment', send: [start(), middle(), last()], wants: 'refused BAD_REQUEST' },
  { id: 'single-bytes', name: 'a byte in each fragment', send: inParts(100, 1), wants: 'reply a' },
  { id: 'many', name: 'a thousand fragments', send: inParts(3000, 3), wants: 'reply a' },
  { id: 'of-126', name: 'fragments with lengths of 16 bits', send: inParts(1000, 126), wants: 'reply a' },
  { id: 'of-65536', name: 'fragments with lengths of 64 bits', send: inParts(SOFT_BYTES, 65_536), wants: 'reply a' },
  {
    id: 'twice',
    name: 'a fragmented message after another one',
    send: [start(part(0, 5)), last(part(5)), start(part(0, 5, 'b')), last(part(5, undefined, 'b'))],
    wants: 'reply a, reply b',
  },
  {
    id: 'then-whole',
    name: 'a whole message after a fragmented one',
    send: [start(part(0, 5)), last(part(5)), { op: 'data', body: { ask: 'b' } }],
    wants: 'reply a, reply b',
  },
  {
    id: 'ping-between',
    name: 'a ping between fragments is answered at once',
    send: [start(part(0, 5)), { op: 'ping', body: 'p' }, last(part(5))],
    wants: 'pong p, reply a',
  },
  {
    id: 'ping-before-the-rest',
    name: 'a ping is answered while the rest of the message is still to come',
    send: [start(part(0, 5)), { op: 'ping', body: 'p' }, 'pause', last(part(5))],
    wants: 'pong p, reply a',
  },
  {
    id: 'pings-everywhere',
    name: 'pings between all fragments',
    send: [
      start(part(0, 5)),
      { op: 'ping', body: '1' },
      middle(part(5, 6)),
      { op: 'ping', body: '2' },
      { op: 'ping', body: '3' },
      last(part(6)),
    ],
    wants: 'pong 1, pong 2, pong 3, reply a',
  },
  {
    id: 'long-ping-between',
    name: 'a ping of 125 bytes between fragments',
    send: [start(part(0, 5)), { op: 'ping', body: { x: 125 } }, last(part(5))],
    wants: `${pong(Buffer.alloc(125, 'x'))}, reply a`,
  },
  {
    id: 'pong-between',
    name: 'a pong between fragments',
    send: [start(part(0, 5)), { op: 'pong', body: 'p' }, last(part(5))],
    wants: 'reply a',
  },
  {
    id: 'close-between',
    name: 'a close between fragments: the message is not one',
    send: [start(part(0, 5)), { op: 'close', body: { code: 1000 } }],
    wants: 'close 1000',
  },
  {
    id: 'close-and-the-rest',
    name: 'what follows a close between fragments does not complete the message',
    send: [start(part(0, 5)), { op: 'close', body: { code: 1000 } }, last(part(5))],
    wants: 'close 1000',
  },
  { id: 'unfinished', name: 'a message whose end does not come', send: [start(part(0, 5))], wants: 'open' },
]

const BAD: readonly Omit<Case, 'section' | 'encodings'>[] = [
  {
    id: 'more-without-start',
    name: 'a continuation of nothing',
    send: [last(part(0))],
    wants: 'close 1002',
    ...dropped,
  },
  {
    id: 'more-without-start-unfinished',
    name: 'a continuation of nothing, to be continued',
    send: [middle(part(0, 5)), last(part(5))],
    wants: 'close 1002',
    ...dropped,
  },
  {
    id: 'empty-more-without-start',
    name: 'an empty continuation of nothing',
    send: [last()],
    wants: 'close 1002',
    ...dropped,
  },
  {
    id: 'more-after-whole',
    name: 'a continuation of a whole message',
    send: [{ op: 'data', body: { ask: 'a' } }, last(part(0))],
    wants: 'reply a, close 1002',
    ...repliesLost,
  },
  {
    id: 'more-after-end',
    name: 'a continuation after the last fragment',
    send: [start(part(0, 5)), last(part(5)), last('x')],
    wants: 'reply a, close 1002',
    ...repliesLost,
  },
  {
    id: 'same-opcode-throughout',
    name: 'all fragments have the opcode of the first',
    send: [start(part(0, 5)), start(part(5, 9)), { op: 'data', body: part(9) }],
    wants: 'close 1002',
    ...dropped,
  },
  {
    id: 'over-soft-limit',
    name: 'small fragments that add up to more than the soft limit',
    send: inParts(SOFT_BYTES + 1, 10_000),
    wants: 'refused PAYLOAD_TOO_LARGE, close 1009',
  },
  {
    id: 'over-hard-limit',
    name: 'small fragments that add up to more than the hard limit',
    send: inParts(HARD_BYTES + 1, 10_000),
    wants: 'close 1009',
    ...dropped,
  },
]

const KINDS: readonly Omit<Case, 'section'>[] = [
  {
    id: 'text-inside',
    name: 'a whole text message between fragments',
    encodings: ['json'],
    send: [start(part(0, 5)), { op: 'text', body: { ask: 'b' } }, last(part(5))],
    wants: 'close 1002',
    ...dropped,
  },
  {
    id: 'binary-inside',
    name: 'a whole binary message between fragments',
    encodings: ['msgpack'],
    send: [start(part(0, 5)), { op: 'binary', body: { ask: 'b' } }, last(part(5))],
    wants: 'close 1002',
    does: '2 × refused BAD_REQUEST',
    ...interleaved,
  },
  {
    id: 'text-start-inside',
    name: 'the first fragment of a text message between fragments',
    encodings: ['json'],
    send: [start(part(0, 5)), start(part(0, 5, 'b')), last(part(5))],
    wants: 'close 1002',
    ...dropped,
  },
  {
    id: 'binary-start-inside',
    name: 'the first fragment of a binary message between fragments',
    encodings: ['msgpack'],
    send: [start(part(0, 5)), start(part(0, 5, 'b')), last(part(5))],
    wants: 'close 1002',
    does: 'refused BAD_REQUEST',
    ...interleaved,
  },
  {
    id: 'text-then-binary',
    name: 'a binary message between the fragments of a text message',
    encodings: ['json'],
    send: [start(part(0, 5)), { op: 'binary', body: 'x' }],
    wants: 'close 1002',
    does: 'close 1003',
    ...interleaved,
  },
  {
    id: 'binary-then-text',
    name: 'a binary message with text between its fragments',
    encodings: ['msgpack'],
    send: [start(part(0, 5)), { op: 'text', body: 'x' }],
    wants: 'close 1002',
    ...dropped,
  },
  {
    id: 'binary-on-json',
    name: 'binary in fragments where text is spoken',
    encodings: ['json'],
    send: [{ op: 'binary', fin: false, body: part(0, 5) }, last(part(5))],
    wants: 'close 1003',
  },
  {
    id: 'text-on-msgpack',
    name: 'text in fragments where binary is spoken',
    encodings: ['msgpack'],
    send: [{ op: 'text', fin: false, body: 'te' }, last('xt')],
    wants: 'close 1003',
  },
]

export const FRAGMENTATION: readonly Case[] = [
  ...[...GOOD, ...BAD].map((it) => ({ ...it, encodings: JSON_AND_MSGPACK })),
  ...KINDS,
].map((it) => ({ ...it, id: `fragments.${it.id}`, section: '5.4' }))
