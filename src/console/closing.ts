import { CLOSE } from '../protocol/close-codes.ts'

/** The meanings of close codes, in words. */
const MEANING: Readonly<Record<number, string>> = {
  [CLOSE.normal]: 'closed normally',
  [CLOSE.goingAway]: 'the server is going away',
  [CLOSE.wrongFrameKind]: 'wrong kind of frame for this encoding',
  1006: 'the connection was lost without a goodbye',
  [CLOSE.tooLarge]: 'a frame was too large',
  [CLOSE.draining]: 'the server is draining',
  [CLOSE.slowConsumer]: 'this client read too slowly',
  [CLOSE.tokenExpired]: 'the token has expired',
  [CLOSE.noPong]: 'no pong in time',
  [CLOSE.rateLimit]: 'too many messages',
  [CLOSE.gap]: 'a gap in the events',
  [CLOSE.nodeLostPlace]: 'the node lost its place in the cluster',
  [CLOSE.badRequests]: 'repeated bad requests',
  [CLOSE.tokenInvalid]: 'the token is invalid or was revoked',
  [CLOSE.kicked]: 'kicked',
  [CLOSE.replaced]: 'replaced by a newer session',
  [CLOSE.connectionLimit]: 'too many connections',
}

/** Describes why a connection ended. @param reason the reason that the server gave */
export function describeClose(code: number, reason: string): string {
  const meaning = MEANING[code] ?? 'a code this console does not know'
  const given = reason === '' ? '' : ` (“${reason}”)`
  return `Closed with ${code}: ${meaning}${given}.`
}
