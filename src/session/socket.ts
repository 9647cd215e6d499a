export const TRANSPORTS = ['websocket', 'socketio_websocket', 'socketio_polling'] as const
export type TransportName = (typeof TRANSPORTS)[number]

/** What a transport may have to know of an event that it sends. */
export interface SentEvent {
  readonly offset: number
  /** See `EventHead`. */
  readonly kind: number
}

/** One live connection, as the transport gives it. Every method does nothing after the socket was closed. */
export interface Socket {
  /** What it is now: a Socket.IO client may begin with polling. */
  readonly transport: TransportName
  /** A string goes as a text frame, bytes as a binary one. */
  send(frame: string | Uint8Array): void
  /** An event's frame, in the kind of its encoding; `event` says what the frame is of. */
  sendBuilt(frame: Uint8Array, isBinary: boolean, event: SentEvent): void
  /** Several sends with one write. */
  cork(send: () => void): void
  subscribe(topic: string): void
  unsubscribe(topic: string): void
  /** Says why, then ends. `reason`: at most 123 bytes. */
  close(code: number, reason: string): void
  /** Asks the client for a sign of life; nothing where the transport does that by itself. */
  ping(): void
  /** What waits for the client to read. */
  bufferedBytes(): number
}
