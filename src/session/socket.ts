export const TRANSPORTS = ['websocket', 'socketio_websocket', 'socketio_polling'] as const
export type TransportName = (typeof TRANSPORTS)[number]

/** One live connection, as the transport gives it. Every method does nothing after the socket was closed. */
export interface Socket {
  /** What it is now: a Socket.IO client may begin with polling. */
  readonly transport: TransportName
  /** A string goes as a text frame, bytes as a binary one. */
  send(frame: string | Uint8Array): void
  /** An event's frame as fan-out built it, in the kind of its encoding. */
  sendBuilt(frame: Uint8Array, isBinary: boolean): void
  /** Several sends with one write. */
  cork(send: () => void): void
  subscribe(topic: string): void
  unsubscribe(topic: string): void
  /** Says why, then ends. `reason`: at most 123 bytes. */
  close(code: number, reason: string): void
  /** What waits for the client to read. */
  bufferedBytes(): number
}
