/**
 * Why a connection was closed. 4000-4499: connect again and resume. 4500-4999: do not.
 * The rest is as in RFC 6455.
 */
export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  wrongFrameKind: 1003,
  tooLarge: 1009,
  draining: 4000,
  slowConsumer: 4001,
  tokenExpired: 4002,
  noPong: 4003,
  rateLimit: 4004,
  gap: 4005,
  nodeLostPlace: 4006,
  badRequests: 4500,
  tokenInvalid: 4501,
  kicked: 4502,
  replaced: 4503,
  connectionLimit: 4504,
} as const

export type CloseCode = (typeof CLOSE)[keyof typeof CLOSE]

/** Whether a client should connect again after this code. Anything outside 4500-4999 may be a network's doing. */
export function mayReconnect(code: number): boolean {
  return !(code >= 4500 && code <= 4999) && code !== CLOSE.wrongFrameKind && code !== CLOSE.tooLarge
}
