export const TRANSPORTS = ['websocket', 'socketio_websocket', 'socketio_polling'] as const
export type TransportName = (typeof TRANSPORTS)[number]

/** What a transport may need to know of an event that it sends. */
export interface SentEvent {
  readonly offset: number
  /** See `EventHead`. */
  readonly kind: number
}

/** One live connection, as the transport provides it. All methods do nothing after the socket was closed. */
export interface Socket {
  /** The transport that it uses now. A Socket.IO client may begin with polling. */
  readonly transport: TransportName
  /** Sends a string as a text frame, and bytes as a binary frame. */
  send(frame: string | Uint8Array): void
  /** Sends the frame of an event, as text or binary by its encoding. `event` says which event it is. */
  sendBuilt(frame: Uint8Array, isBinary: boolean, event: SentEvent): void
  /** Makes one write of the sends in the callback. */
  cork(send: () => void): void
  subscribe(topic: string): void
  unsubscribe(topic: string): void
  /**
   * Tells the client why, then ends the connection.
   * @param reason at most 123 bytes
   */
  close(code: number, reason: string): void
  /** Asks the client for a sign of life. Does nothing if the transport does that itself. */
  ping(): void
  /** How many bytes wait for the client to read them. */
  bufferedBytes(): number
}
