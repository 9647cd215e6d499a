import { DrumbeatError } from './errors.ts'

/** The part of a WebSocket that is used here. Those of browsers, of Node and of the package `ws` have all of it. */
export interface WebSocketLike {
  binaryType: string
  /** Text, or bytes if the encoding is msgpack. */
  send(data: string | Uint8Array): void
  /** The code is 1000, or from 4000 to 4999. */
  close(code?: number, reason?: string): void
  /** Only `ws` has it. */
  terminate?(): void
  /** As in a DOM EventTarget. */
  addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: (event: unknown) => void): void
}

/** A WebSocket class: the global one, or that of the package `ws`. */
export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike

export function globalWebSocket(): WebSocketConstructor {
  const constructor = (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket
  if (constructor !== undefined) return constructor
  throw new DrumbeatError(
    'BAD_REQUEST',
    'no global WebSocket here: pass the class of the package ws as the option WebSocket',
  )
}
