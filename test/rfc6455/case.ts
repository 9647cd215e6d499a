import type { Encoding } from '../../src/protocol/events.ts'

/** A frame of a client. What is not said is as it should be: the last of its message, masked, no reserved bits. */
export interface Frame {
  /** `data` is text or binary, as the connection's encoding wants it; `more` is a continuation; a number is that opcode. */
  readonly op: 'data' | 'text' | 'binary' | 'more' | 'close' | 'ping' | 'pong' | number
  readonly body?: Body
  /** false: more of the message follows. */
  readonly fin?: false
  /** RSV1 is 4, RSV2 2, RSV3 1. */
  readonly rsv?: number
  /** Four bytes in hex, or `none`. */
  readonly mask?: string
  /** Bits of the length field, where they are not the fewest. */
  readonly lengthBits?: 7 | 16 | 64
  /** Said instead of the body's own, which is all that is sent. */
  readonly length?: bigint
}

/** Text as UTF-8, bytes in hex, so many bytes `x`, a request, or what a close frame holds. */
export type Body = string | Hex | { readonly x: number } | Ask | CloseBody

export interface Hex {
  readonly hex: string
}

/** A request that is answered with `reply ID`: the server's echo. The id stands at its end. */
export interface Ask {
  readonly ask: string | Hex
  /** In all. */
  readonly bytes?: number
  /** A part of it, as `slice` has it. */
  readonly part?: readonly [from: number, to?: number]
}

export interface CloseBody {
  readonly code: number
  readonly reason?: string | Hex
}

/**
 * What stands in a row goes out in one segment. `pause` lets it arrive first; `end` sends FIN.
 */
export type Step = Frame | Hex | { readonly times: number; readonly frame: Frame } | 'pause' | 'end'

/**
 * What came, in order, as in `reply a, pong x, close 1000`: `refused CODE` is an error reply, `close` a close frame and the end of TCP
 * after it, `dropped` the end of TCP without one. Without an end the connection is still open (`open` where nothing else came),
 * and where a frame could follow it answers a ping.
 */
export type Outcome = string

export interface Case {
  readonly id: string
  /** Of RFC 6455. */
  readonly section: string
  readonly name: string
  readonly send: readonly Step[]
  /** json */
  readonly encodings?: readonly Encoding[]
  /** Bytes in a segment. */
  readonly cut?: number
  /** In one segment with the handshake. */
  readonly early?: true
  /** No frame can follow what is sent. */
  readonly unfinished?: true
  /** What the RFC wants, or allows. The first is what happens, unless `does` says something else. */
  readonly wants: Outcome | readonly Outcome[]
  readonly does?: Outcome
  readonly deviation?: DeviationId
}

export interface HandshakeCase {
  readonly id: string
  readonly section: string
  readonly name: string
  /** Instead of the headers of a good handshake; undefined leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly lines?: readonly string[]
  readonly method?: string
  readonly path?: string
  readonly version?: string
  readonly cut?: number
  /** The status; with 101 what was chosen, and `wrong accept` where the key was answered wrongly. */
  readonly wants: Outcome | readonly Outcome[]
  readonly does?: Outcome
  readonly deviation?: DeviationId
}

export type AnyCase = Case | HandshakeCase

export const JSON_AND_MSGPACK: readonly Encoding[] = ['json', 'msgpack']

/** Where the server is not as the RFC wants it, and what that is to a client. */
export const DEVIATIONS = {
  unmasked: {
    what: 'A frame that is not masked is not refused: its first four bytes are taken for the key.',
    means: 'A client that does not mask waits for answers that do not come, and disturbs nobody but itself.',
  },
  interleaved: {
    what: 'A binary frame between the fragments of a message is not refused: its bytes are added to that message.',
    means:
      'A client that interleaves messages has their bytes mixed, and so refused as bad requests as a rule, or is closed with 1003.',
  },
  longLengths: {
    what: 'A length that has more bytes than it needs is taken as it is.',
    means: 'Nothing: it is served.',
  },
  repliesLost: {
    what: 'A bad frame drops TCP together with the replies to what came in the same segment before it.',
    means: 'What was asked right before a bad frame may have been done: its outcome is unknown.',
  },
  dropped: {
    what: 'A frame that breaks the protocol drops TCP. The RFC has a close frame before that, which it should send, but need not (7.1.7).',
    means: 'It sees 1006 instead of 1002, 1007 or 1009, and does not learn why: it should not send the same again.',
  },
  badClose: {
    what: 'A close frame with a code or reason that cannot be is answered with one without a code, not with 1002 or 1007.',
    means: 'It sees 1005; the connection ends as it wanted.',
  },
  codeLost: {
    what: 'Codes from 3000 to 3999 and 1012 to 1014 come back as a close frame without a code (the RFC: typically the same code).',
    means: 'It sees 1005, and the metrics count it as 1006, as if it had vanished.',
  },
} as const satisfies Readonly<Record<string, { readonly what: string; readonly means: string }>>

export type DeviationId = keyof typeof DEVIATIONS

export function wanted({ wants }: AnyCase): readonly Outcome[] {
  return typeof wants === 'string' ? [wants] : wants
}

/** What the server does, by the table. */
export function expected(it: AnyCase): Outcome {
  return it.does ?? wanted(it)[0] ?? ''
}
