/** RFC 6455 section 5.1 and 5.4: TCP cuts where it likes, and a frame does not care. */
import { JSON_AND_MSGPACK, type Case, type Frame } from '../case.ts'

type Unplaced = Omit<Case, 'section' | 'encodings'>
const ask: Frame = { op: 'data', body: { ask: 'a' } }
const request = (bytes: number): Frame => ({ op: 'data', body: { ask: 'a', bytes } })

const CUTS: readonly Unplaced[] = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 13].map((cut): Unplaced => ({
    id: `cut-${cut}`,
    name: `a message in segments of ${cut} bytes`,
    send: [ask, { op: 'ping', body: 'p' }, ask],
    cut,
    wants: 'reply a, pong p, reply a',
  })),
  ...[1, 3, 7].map((cut): Unplaced => ({
    id: `cut-${cut}-length-16`,
    name: `a message with a length of 16 bits in segments of ${cut} bytes`,
    send: [request(300)],
    cut,
    wants: 'reply a',
  })),
  ...[1021, 4096, 16_383].map((cut): Unplaced => ({
    id: `cut-${cut}-length-64`,
    name: `a message with a length of 64 bits in segments of ${cut} bytes`,
    send: [request(70_000)],
    cut,
    wants: 'reply a',
  })),
  {
    id: 'cut-1-fragments',
    name: 'fragments and a ping between them in segments of one byte',
    send: [
      { op: 'data', fin: false, body: { ask: 'a', part: [0, 9] } },
      { op: 'ping', body: 'p' },
      { op: 'more', body: { ask: 'a', part: [9] } },
    ],
    cut: 1,
    wants: 'pong p, reply a',
  },
  {
    id: 'cut-in-head',
    name: "a pause in a frame's head",
    send: [{ hex: '89' }, 'pause', { hex: '80' }, 'pause', { hex: '01020304' }],
    wants: 'pong',
  },
  {
    id: 'cut-in-mask',
    name: 'a pause in a masking key',
    send: [{ hex: '89810000' }, 'pause', { hex: '000061' }],
    wants: 'pong a',
  },
]

const TOGETHER: readonly Unplaced[] = [
  {
    id: 'two',
    name: 'two messages in one segment',
    send: [ask, { op: 'data', body: { ask: 'b' } }],
    wants: 'reply a, reply b',
  },
  {
    id: 'hundred',
    name: 'a hundred messages in one segment',
    send: [{ times: 100, frame: ask }],
    wants: '100 × reply a',
  },
  {
    id: 'thousand',
    name: 'a thousand messages in one write',
    send: [{ times: 1000, frame: ask }],
    wants: '1000 × reply a',
  },
  {
    id: 'hundred-cut',
    name: 'a hundred messages in segments of 97 bytes',
    send: [{ times: 100, frame: ask }],
    cut: 97,
    wants: '100 × reply a',
  },
  {
    id: 'kinds',
    name: 'messages, fragments, pings and pongs in one segment',
    send: [
      ask,
      { op: 'ping', body: '1' },
      { op: 'data', fin: false, body: { ask: 'b', part: [0, 9] } },
      { op: 'ping', body: '2' },
      { op: 'more', body: { ask: 'b', part: [9] } },
      { op: 'pong' },
      request(66_000),
    ],
    wants: 'reply a, pong 1, pong 2, reply b, reply a',
  },
  {
    id: 'half-behind',
    name: 'a message and half of the next in one segment',
    send: [ask, { op: 'data', length: 200n, body: 'x' }],
    unfinished: true,
    wants: 'reply a',
  },
  { id: 'half-a-head', name: 'half a head is waited for', send: [{ hex: '81' }], unfinished: true, wants: 'open' },
  {
    id: 'half-a-length',
    name: 'half a length is waited for',
    send: [{ hex: '82fe01' }],
    unfinished: true,
    wants: 'open',
  },
  {
    id: 'half-a-mask',
    name: 'half a masking key is waited for',
    send: [{ hex: '81853700' }],
    unfinished: true,
    wants: 'open',
  },
  {
    id: 'half-a-ping',
    name: 'half a ping is not answered',
    send: [{ op: 'ping', length: 20n, body: 'x' }],
    unfinished: true,
    wants: 'open',
  },
  {
    id: 'half-a-close',
    name: 'half a close is waited for',
    send: [{ hex: '88820000000003' }],
    unfinished: true,
    wants: 'open',
  },
]

/** A client must wait for the answer to its handshake (4.1); what becomes of what it sends before is not said. */
const EARLY: readonly Unplaced[] = [
  {
    id: 'request',
    name: 'a request in one segment with the handshake is not seen',
    send: [ask],
    early: true,
    wants: ['open', 'reply a'],
  },
  { id: 'ping', name: 'nor is a ping', send: [{ op: 'ping', body: 'p' }], early: true, wants: ['open', 'pong p'] },
]

export const DELIVERY: readonly Case[] = [
  ...CUTS.map((it) => ({ ...it, id: `segments.${it.id}` })),
  ...TOGETHER.map((it) => ({ ...it, id: `together.${it.id}` })),
  ...EARLY.map((it) => ({ ...it, id: `early.${it.id}` })),
].map((it) => ({ ...it, section: '5.2', encodings: JSON_AND_MSGPACK }))
