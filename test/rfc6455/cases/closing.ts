/** RFC 6455 sections 5.5.1, 7.1 and 7.4: how a connection ends. */
import { JSON_AND_MSGPACK, type Case, type Frame } from '../case.ts'

const dropped = { does: 'dropped', deviation: 'dropped' } as const
const codeLost = { does: 'close', deviation: 'codeLost' } as const
const badClose = { does: 'close', deviation: 'badClose' } as const
const ask: Frame = { op: 'data', body: { ask: 'a' } }
const close: Frame = { op: 'close', body: { code: 1000 } }
type Unplaced = Omit<Case, 'section'>

/** Defined by the RFC, or left to libraries and applications. */
const CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 4000, 4001, 4499, 4500, 4998, 4999]
const CODES_OF_LIBRARIES = [3000, 3001, 3500, 3998, 3999]
/** Registered with IANA after the RFC, which keeps 1000 to 2999 for that. */
const CODES_REGISTERED_LATER = [1012, 1013, 1014]
const CODES_NOT_FOR_FRAMES = [1005, 1006, 1015]
const CODES_WITHOUT_MEANING = [0, 1, 999, 1004, 1016, 1100, 1999, 2000, 2999, 5000, 9999, 32_768, 65_535]

const withCode = (code: number): readonly Frame[] => [{ op: 'close', body: { code } }]

const ENDINGS: readonly Unplaced[] = [
  {
    id: 'no-code',
    name: 'a close frame without a code',
    encodings: JSON_AND_MSGPACK,
    send: [{ op: 'close' }],
    wants: ['close', 'close 1000'],
  },
  ...CODES.map((code): Unplaced => ({
    id: `code-${code}`,
    name: `a close frame with ${code}: the same comes back`,
    ...(code === 1000 ? { encodings: JSON_AND_MSGPACK } : {}),
    send: withCode(code),
    wants: `close ${code}`,
  })),
  ...CODES_OF_LIBRARIES.map((code): Unplaced => ({
    id: `code-${code}`,
    name: `a close frame with ${code}, a library's`,
    send: withCode(code),
    wants: `close ${code}`,
    ...codeLost,
  })),
  ...CODES_REGISTERED_LATER.map((code): Unplaced => ({
    id: `code-${code}`,
    name: `a close frame with ${code}, registered after the RFC`,
    send: withCode(code),
    wants: [`close ${code}`, 'close 1002'],
    ...codeLost,
  })),
  ...CODES_NOT_FOR_FRAMES.map((code): Unplaced => ({
    id: `code-${code}`,
    name: `a close frame with ${code}, which must not stand in one`,
    send: withCode(code),
    wants: 'close 1002',
    ...badClose,
  })),
  ...CODES_WITHOUT_MEANING.map((code): Unplaced => ({
    id: `code-${code}`,
    name: `a close frame with ${code}, which means nothing`,
    send: withCode(code),
    wants: 'close 1002',
    ...badClose,
  })),
  {
    id: 'half-a-code',
    name: 'a close frame of one byte',
    encodings: JSON_AND_MSGPACK,
    send: [{ op: 'close', body: { hex: '03' } }],
    wants: 'close 1002',
    ...badClose,
  },
]

const REASONS: readonly Unplaced[] = [
  {
    id: 'reason',
    name: 'a reason',
    encodings: JSON_AND_MSGPACK,
    send: [{ op: 'close', body: { code: 1000, reason: 'bye' } }],
    wants: 'close 1000',
  },
  {
    id: 'reason-utf8',
    name: 'a reason beyond ASCII',
    send: [{ op: 'close', body: { code: 1001, reason: 'κόσμε 𝄞' } }],
    wants: 'close 1001',
  },
  {
    id: 'reason-123',
    name: 'the longest reason',
    send: [{ op: 'close', body: { code: 1000, reason: 'x'.repeat(123) } }],
    wants: 'close 1000',
  },
  {
    id: 'reason-124',
    name: 'a reason one byte too long',
    send: [{ op: 'close', body: { code: 1000, reason: 'x'.repeat(124) } }],
    wants: 'close 1002',
    ...dropped,
  },
  {
    id: 'reason-nul',
    name: 'a reason of NULs',
    send: [{ op: 'close', body: { code: 4000, reason: { hex: '0000' } } }],
    wants: 'close 4000',
  },
  ...['ff', 'c328', 'eda080', 'c0af', 'f4908080', 'e282'].map((hex): Unplaced => ({
    id: `reason-${hex}`,
    name: `a reason with the bytes ${hex}, which are not UTF-8`,
    send: [{ op: 'close', body: { code: 1000, reason: { hex } } }],
    wants: ['close 1007', 'close 1002'],
    ...badClose,
  })),
]

const AFTERWARDS: readonly Unplaced[] = [
  {
    id: 'after-request',
    name: 'a request before the close is answered',
    encodings: JSON_AND_MSGPACK,
    send: [ask, close],
    wants: 'reply a, close 1000',
  },
  {
    id: 'then-request',
    name: 'a request after the close is not carried out',
    encodings: JSON_AND_MSGPACK,
    send: [close, ask],
    wants: 'close 1000',
  },
  {
    id: 'then-request-later',
    name: 'a request in a segment after the close',
    encodings: JSON_AND_MSGPACK,
    send: [close, 'pause', ask],
    wants: 'close 1000',
  },
  {
    id: 'then-ping',
    name: 'a ping after the close is not answered',
    send: [close, { op: 'ping', body: 'p' }],
    wants: 'close 1000',
  },
  {
    id: 'then-ping-later',
    name: 'a ping in a segment after the close',
    send: [close, 'pause', { op: 'ping', body: 'p' }],
    wants: 'close 1000',
  },
  {
    id: 'twice',
    name: 'a second close is not answered',
    send: [close, { op: 'close', body: { code: 1001 } }],
    wants: 'close 1000',
  },
  {
    id: 'then-garbage',
    name: 'bytes that are no frame after the close',
    send: [close, { hex: 'ffffffffffffffff' }],
    wants: 'close 1000',
  },
  {
    id: 'then-fragments',
    name: 'fragments after the close',
    send: [close, { op: 'data', fin: false, body: 'x' }, { op: 'more', body: 'y' }],
    wants: 'close 1000',
  },
  { id: 'then-end', name: 'FIN right after the close', send: [close, 'end'], wants: ['close 1000', 'dropped'] },
  {
    id: 'in-single-bytes',
    name: 'a close in segments of one byte',
    send: [{ op: 'close', body: { code: 1000, reason: 'bye' } }],
    cut: 1,
    wants: 'close 1000',
  },
  {
    id: 'ping-first',
    name: 'a ping, then a close',
    send: [{ op: 'ping', body: 'p' }, close],
    wants: 'pong p, close 1000',
  },
]

const BY_SERVER: readonly Unplaced[] = [
  {
    id: 'binary-on-json',
    name: 'binary where text is spoken',
    encodings: ['json'],
    send: [{ op: 'binary', body: { ask: 'a' } }],
    wants: 'close 1003',
  },
  {
    id: 'empty-binary-on-json',
    name: 'an empty binary message where text is spoken',
    encodings: ['json'],
    send: [{ op: 'binary' }],
    wants: 'close 1003',
  },
  {
    id: 'text-on-msgpack',
    name: 'text where binary is spoken',
    encodings: ['msgpack'],
    send: [{ op: 'text', body: 'text' }],
    wants: 'close 1003',
  },
  {
    id: 'empty-text-on-msgpack',
    name: 'an empty text where binary is spoken',
    encodings: ['msgpack'],
    send: [{ op: 'text' }],
    wants: 'close 1003',
  },
  {
    id: 'server-first',
    name: 'nothing is answered after a close of the server',
    encodings: ['json'],
    send: [{ op: 'binary', body: 'x' }, { op: 'text', body: { ask: 'a' } }, { op: 'ping' }],
    wants: 'close 1003',
  },
  {
    id: 'server-first-and-ours',
    name: "the server's close is answered: nothing more comes",
    encodings: ['json'],
    send: [{ op: 'binary', body: 'x' }, 'pause', { op: 'close', body: { code: 1003 } }],
    wants: 'close 1003',
  },
  {
    id: 'server-after-replies',
    name: 'requests before what the server closes for are answered',
    encodings: ['json'],
    send: [{ times: 3, frame: ask }, { op: 'binary' }],
    wants: '3 × reply a, close 1003',
  },
  {
    id: 'bad-requests',
    name: 'five messages that are no requests',
    encodings: JSON_AND_MSGPACK,
    send: [{ times: 5, frame: { op: 'data', body: '!' } }],
    wants: '5 × refused BAD_REQUEST, close 4500',
  },
  {
    id: 'bad-requests-and-more',
    name: 'what follows the fifth is not looked at',
    encodings: JSON_AND_MSGPACK,
    send: [{ times: 9, frame: { op: 'data', body: '!' } }, ask],
    wants: '5 × refused BAD_REQUEST, close 4500',
  },
]

const HALF_OPEN: readonly Unplaced[] = [
  { id: 'fin', name: 'FIN without a close frame', encodings: JSON_AND_MSGPACK, send: ['end'], wants: 'dropped' },
  {
    id: 'fin-after-request',
    name: 'FIN after a request',
    encodings: JSON_AND_MSGPACK,
    send: [ask, 'pause', 'end'],
    wants: 'reply a, dropped',
  },
  { id: 'fin-in-head', name: "FIN in the middle of a frame's head", send: [{ hex: '81' }, 'end'], wants: 'dropped' },
  { id: 'fin-in-length', name: 'FIN in the middle of a length', send: [{ hex: '81fe01' }, 'end'], wants: 'dropped' },
  {
    id: 'fin-in-mask',
    name: 'FIN in the middle of a masking key',
    send: [{ hex: '81853700' }, 'end'],
    wants: 'dropped',
  },
  {
    id: 'fin-in-body',
    name: 'FIN in the middle of a message',
    send: [{ op: 'data', length: 100n, body: 'x' }, 'end'],
    wants: 'dropped',
  },
  {
    id: 'fin-in-ping',
    name: 'FIN in the middle of a ping',
    send: [{ op: 'ping', length: 100n, body: 'x' }, 'end'],
    wants: 'dropped',
  },
  {
    id: 'fin-in-close',
    name: 'FIN in the middle of a close frame',
    send: [{ hex: '888200000000' }, { hex: '03' }, 'end'],
    wants: 'dropped',
  },
  {
    id: 'fin-between-fragments',
    name: 'FIN between fragments',
    send: [{ op: 'data', fin: false, body: { ask: 'a', part: [0, 5] } }, 'end'],
    wants: 'dropped',
  },
]

export const CLOSING: readonly Case[] = [
  ...[...ENDINGS, ...REASONS].map((it) => ({ ...it, section: it.id.startsWith('code') ? '7.4' : '5.5.1' })),
  ...AFTERWARDS.map((it) => ({ ...it, section: '5.5.1' })),
  ...BY_SERVER.map((it) => ({ ...it, section: '7.1.2' })),
  ...HALF_OPEN.map((it) => ({ ...it, section: '7.1.5' })),
].map((it) => ({ ...it, id: `closing.${it.id}` }))
