import * as CLOSE from './close-code.ts'

/**
 * Why a connection was closed. 4000-4499: connect again and resume. 4500-4999: do not.
 * The rest is as in RFC 6455.
 */
export * as CLOSE from './close-code.ts'

export type CloseCode = (typeof CLOSE)[keyof typeof CLOSE]

/** Whether a client should connect again after this code. Anything outside 4500-4999 may be a network's doing. */
export function mayReconnect(code: number): boolean {
  return !(code >= 4500 && code <= 4999) && code !== CLOSE.wrongFrameKind && code !== CLOSE.tooLarge
}
