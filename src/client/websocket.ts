import { DrumbeatError } from './errors.ts'

/** What of a WebSocket is used here: the browsers', Node's and that of the package `ws` all have it. */
export interface WebSocketLike {
  binaryType: string
  /** Text, or bytes where msgpack is chosen. */
  send(data: string | Uint8Array): void
  /** The code is 1000, or one of 4000 to 4999. */
  close(code?: number, reason?: string): void
  /** Only in `ws`. */
  terminate?(): void
  /** As of a DOM EventTarget. */
  addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: (event: unknown) => void): void
}

/** What makes one: the browsers', or the class of the package `ws`. */
export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike

export function globalWebSocket(): WebSocketConstructor {
  const constructor = (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket
  if (constructor !== undefined) return constructor
  throw new DrumbeatError(
    'UNAVAILABLE',
    'no global WebSocket here: pass one as the option WebSocket, such as the class of the package ws',
  )
}
