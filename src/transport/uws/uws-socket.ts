import type { Socket } from '../../session/socket.ts'
import type { UwsWebSocket } from './uws.ts'

/** The only owner of a uWS socket. A uWS socket throws on any use after its close, so it is dropped then. */
export class UwsSocket<UserData> implements Socket {
  readonly transport = 'websocket'
  #ws: UwsWebSocket<UserData> | undefined

  constructor(ws: UwsWebSocket<UserData>) {
    this.#ws = ws
  }

  /** Call this in the close handler. */
  forget(): void {
    this.#ws = undefined
  }

  // The result of `send` is ignored: above the limit uWS closes the socket by itself (closeOnBackpressureLimit). The client sees
  // 1006, and resumes.
  send(frame: string | Uint8Array): void {
    this.#ws?.send(frame, typeof frame !== 'string')
  }

  sendBuilt(frame: Uint8Array, isBinary: boolean): void {
    this.#ws?.send(frame, isBinary)
  }

  cork(send: () => void): void {
    this.#ws?.cork(send)
  }

  subscribe(topic: string): void {
    this.#ws?.subscribe(topic)
  }

  unsubscribe(topic: string): void {
    this.#ws?.unsubscribe(topic)
  }

  close(code: number, reason: string): void {
    this.#ws?.end(code, reason)
  }

  ping(): void {
    this.#ws?.ping()
  }

  bufferedBytes(): number {
    return this.#ws?.getBufferedAmount() ?? 0
  }
}
