import * as CLOSE from './close-code.ts'

/**
 * Why a connection was closed. After 4000-4499 the client connects again and resumes. After 4500-4999 it does not. Other codes
 * mean what RFC 6455 says.
 */
export * as CLOSE from './close-code.ts'

export type CloseCode = (typeof CLOSE)[keyof typeof CLOSE]

/**
 * Whether a client should connect again after this code. Not after 4500-4999, nor after the two codes for frames that the client
 * should not have sent. Any other code may come from the network.
 */
export function mayReconnect(code: number): boolean {
  return !(code >= 4500 && code <= 4999) && code !== CLOSE.wrongFrameKind && code !== CLOSE.tooLarge
}
