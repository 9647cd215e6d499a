/** RFC 6455 sections 5.6 and 8.1: text is UTF-8, as RFC 3629 has it. */
import type { Ask, Case, Frame } from '../case.ts'

const dropped = { does: 'dropped', deviation: 'dropped' } as const

const VALID: Readonly<Record<string, string>> = {
  greek: 'κόσμε',
  'first-of-2': '\u0080',
  'last-of-2': '\u07ff',
  'first-of-3': '\u0800',
  'before-surrogates': '\ud7ff',
  'after-surrogates': '\ue000',
  replacement: '\ufffd',
  'last-of-3': '\uffff',
  'byte-order-mark': '\ufeff',
  noncharacter: '\ufdd0',
  'first-of-4': '\u{10000}',
  emoji: '👩‍🚀',
  'noncharacter-of-4': '\u{1fffe}',
  'last-of-4': '\u{10ffff}',
  'all-lengths': 'aé€𝄞',
  'right-to-left': '\u202eabc',
}

const INVALID: Readonly<Record<string, string>> = {
  'lone-continuation': '80',
  'lone-continuation-last': 'bf',
  'two-continuations': '80bf',
  'no-continuation-of-2': 'c328',
  'no-continuation-of-3': 'e28228',
  'no-continuation-of-4': 'f09f9828',
  'cut-3': 'e282',
  'cut-4': 'f09f98',
  'overlong-slash-2': 'c0af',
  'overlong-nul-2': 'c080',
  'overlong-last-2': 'c1bf',
  'overlong-slash-3': 'e080af',
  'overlong-last-3': 'e09fbf',
  'overlong-slash-4': 'f08080af',
  'overlong-last-4': 'f08fbfbf',
  'surrogate-first': 'eda080',
  'surrogate-last': 'edbfbf',
  'surrogate-pair': 'eda081edb080',
  'over-10ffff': 'f4908080',
  'five-bytes': 'f888808080',
  'six-bytes': 'fc8480808080',
  fe: 'fe',
  ff: 'ff',
  latin1: 'e9',
}

/** The request's last byte but two is the id's last. */
const split = (ask: string, at: number): Frame[] => [
  { op: 'text', fin: false, body: { ask, part: [0, at] } },
  { op: 'more', body: { ask, part: [at] } },
]
const broken = (hex: string): Ask => ({ ask: { hex } })

const FRAGMENTS: readonly Omit<Case, 'section'>[] = [
  ...[-3, -4, -5].map((at): Omit<Case, 'section'> => ({
    id: `utf8.split-${-at - 2}`,
    name: `a character of four bytes, ${-at - 2} of them in the next fragment`,
    send: split('𝄞', at),
    wants: 'reply 𝄞',
  })),
  {
    id: 'utf8.split-with-ping',
    name: 'a ping in the middle of a character',
    send: [split('𝄞', -4)[0] as Frame, { op: 'ping', body: 'p' }, split('𝄞', -4)[1] as Frame],
    wants: 'pong p, reply 𝄞',
  },
  {
    id: 'utf8.byte-a-fragment',
    name: 'each byte in a fragment of its own',
    send: [
      { op: 'text', fin: false, body: { ask: 'κ€𝄞', part: [0, -11] } },
      ...Array.from({ length: 10 }, (_, i): Frame => ({
        op: 'more',
        fin: false,
        body: { ask: 'κ€𝄞', part: [i - 11, i - 10] },
      })),
      { op: 'more', body: { ask: 'κ€𝄞', part: [-1] } },
    ],
    wants: 'reply κ€𝄞',
  },
  {
    id: 'utf8.byte-a-segment',
    name: 'each byte in a segment of its own',
    send: [{ op: 'text', body: { ask: 'κ€𝄞' } }],
    cut: 1,
    wants: 'reply κ€𝄞',
  },
  {
    id: 'utf8.invalid-in-last',
    name: 'the last of the fragments is not valid',
    send: [
      { op: 'text', fin: false, body: { ask: 'a', part: [0, 9] } },
      { op: 'more', body: { hex: 'c328' } },
    ],
    wants: 'close 1007',
    ...dropped,
  },
  {
    id: 'utf8.invalid-across',
    name: 'two fragments that make an invalid character',
    send: [
      { op: 'text', fin: false, body: { hex: '22eda0' } },
      { op: 'more', body: { hex: '8022' } },
    ],
    wants: 'close 1007',
    ...dropped,
  },
  {
    id: 'utf8.cut-at-the-end',
    name: 'the last fragment ends in the middle of a character',
    send: [
      { op: 'text', fin: false, body: '"' },
      { op: 'more', body: { hex: 'f09f98' } },
    ],
    wants: 'close 1007',
    ...dropped,
  },
  {
    id: 'utf8.invalid-early',
    name: 'the first fragment cannot become valid: it may be told at once, or when the message is whole',
    send: [{ op: 'text', fin: false, body: { hex: 'ff' } }],
    wants: ['open', 'close 1007'],
  },
  {
    id: 'utf8.invalid-then-request',
    name: 'a request after invalid text is not carried out',
    send: [
      { op: 'text', body: { hex: 'ff' } },
      { op: 'text', body: { ask: 'a' } },
    ],
    wants: 'close 1007',
    ...dropped,
  },
]

export const UTF8: readonly Case[] = [
  ...Object.entries(VALID).map(([id, text]) => ({
    id: `utf8.${id}`,
    name: `text with ${codePoints(text)}`,
    send: [{ op: 'text', body: { ask: text } } as const],
    wants: `reply ${text}`,
  })),
  ...Object.entries(INVALID).flatMap(([id, hex]) => [
    {
      id: `utf8.${id}`,
      name: `text with the bytes ${hex}`,
      send: [{ op: 'text', body: broken(hex) } as const],
      wants: 'close 1007',
      ...dropped,
    },
  ]),
  ...FRAGMENTS,
  {
    id: 'utf8.not-in-binary',
    name: 'binary need not be UTF-8',
    encodings: ['msgpack'] as const,
    send: [{ op: 'binary', body: { hex: 'c328ff' } } as const],
    wants: 'refused BAD_REQUEST',
  },
].map((it) => ({ ...it, section: '8.1' }))

function codePoints(text: string): string {
  return Array.from(text, (one) => `U+${one.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`).join(' ')
}
