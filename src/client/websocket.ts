import { DrumbeatError } from './errors.ts'

/** What of a WebSocket is used here: the browsers', Node's and that of the package `ws` all have it. */
export interface WebSocketLike {
  binaryType: string
  send(data: string | Uint8Array): void
  close(code?: number, reason?: string): void
  /** Only in `ws`. */
  terminate?(): void
  addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: (event: unknown) => void): void
}

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike

export function globalWebSocket(): WebSocketConstructor {
  const constructor = (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket
  if (constructor !== undefined) return constructor
  throw new DrumbeatError(
    'UNAVAILABLE',
    'no global WebSocket here (Node has one from 22 on): pass one as the option WebSocket, for instance that of the package ws',
  )
}
