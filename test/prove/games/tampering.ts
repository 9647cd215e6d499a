import type { WebSocketConstructor, WebSocketLike } from '../../../src/client/websocket.ts'
import { EVENT, SERVER_EVENT } from '../../../src/protocol/events.ts'

type Listener = (event: unknown) => void

/** A WebSocket class whose sockets lose what they are told to lose. For connections that speak JSON. */
export class Tampering {
  readonly webSocket: WebSocketConstructor
  #wanted: 'change' | 'patch' | undefined
  #lost: (atMs: number) => void = () => {}
  #onSnapshotRequest: (atMs: number) => void = () => {}

  constructor(socket: new (url: string, protocols: string[]) => WebSocketLike) {
    const received = (data: unknown) => this.#received(data)
    const sent = (data: unknown) => this.#sent(data)
    this.webSocket = class extends socket {
      override send(data: string | Uint8Array): void {
        sent(data)
        super.send(data)
      }

      override addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: Listener): void {
        if (type !== 'message') return super.addEventListener(type, listener)
        super.addEventListener(type, (event) => {
          const data = received((event as { readonly data: unknown }).data)
          if (data !== undefined) listener({ data })
        })
      }
    }
  }

  /** Loses the turn of a stick, which no later patch says again, or the whole patch that has it. Resolves when it is lost, with the time. */
  lose(what: 'change' | 'patch'): Promise<number> {
    this.#wanted = what
    return new Promise((resolve) => (this.#lost = resolve))
  }

  /** Resolves when the client asks for the state, with what `look` saw then. */
  nextSnapshotRequest<Seen>(look: () => Seen): Promise<{ readonly atMs: number; readonly seen: Seen }> {
    return new Promise((resolve) => (this.#onSnapshotRequest = (atMs) => resolve({ atMs, seen: look() })))
  }

  #sent(data: unknown): void {
    if (typeof data === 'string' && data.includes(EVENT.roomSnapshot)) this.#onSnapshotRequest(performance.now())
  }

  #received(data: unknown): unknown {
    if (this.#wanted === undefined || typeof data !== 'string' || !data.includes(SERVER_EVENT.patch)) return data
    const patch = JSON.parse(data) as { readonly changes?: { readonly ships?: Record<string, { dx?: number }> } }
    const ships = Object.values(patch.changes?.ships ?? {})
    const ship = ships.find(({ dx }) => dx !== undefined)
    if (!ship) return data
    const isWhole = this.#wanted === 'patch'
    this.#wanted = undefined
    delete ship.dx
    this.#lost(performance.now())
    return isWhole ? undefined : JSON.stringify(patch)
  }
}
