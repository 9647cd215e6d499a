import type { WebSocketConstructor } from '../../../src/client/websocket.ts'
import type { Refused, RequestHead } from '../../../src/door/handshake.ts'
import type { Chance } from './chance.ts'
import { Wire } from './socket.ts'
import type { HouseWorker } from './worker.ts'

export interface NetworkOptions {
  readonly chance: Chance
  /** The workers that a connection may come to. */
  readonly listening: () => readonly HouseWorker[]
}

/** Where a client is, and what it may learn beside what a WebSocket tells. */
export interface ClientSide {
  /** 127.0.0.1 by default. */
  readonly address?: string
  /** The worker that its connections come to; by default any that listens. */
  readonly worker?: HouseWorker | undefined
  /** Given each connection that it makes. */
  readonly onWire: (wire: Wire) => void
  readonly onRefused?: (refused: Refused) => void
}

const KEY = 'AAAAAAAAAAAAAAAAAAAAAA=='
const DELAY_MS_MAX = 5
const LOOPBACK = '127.0.0.1'

/** Between clients and workers: as SO_REUSEPORT does it, any worker may get a connection. */
export class Network {
  readonly #options: NetworkOptions
  readonly #wires = new Set<Wire>()
  /** While it is down no connection comes about. */
  isDown = false

  constructor(options: NetworkOptions) {
    this.#options = options
  }

  /** The connections that are up. */
  get wires(): readonly Wire[] {
    for (const wire of this.#wires) if (!wire.isConnected) this.#wires.delete(wire)
    return [...this.#wires]
  }

  /** Puts `fetch`, by which the client library asks why it was refused, over this network. Returns what takes it out again. */
  install(): () => void {
    const real = globalThis.fetch
    globalThis.fetch = (async (url: string, init: RequestInit = {}) => {
      await new Promise((resolve) => setTimeout(resolve, this.#delayMs()))
      const worker = this.#pickWorker()
      const result = worker?.handshake(toHead(new URL(url), Object.entries(init.headers ?? {})))
      if (result?.kind !== 'refuse') throw new TypeError('fetch failed')
      const body = JSON.stringify({ error: result.refusal.toBody() })
      return new Response(body, { status: result.status, headers: result.headers })
    }) as typeof fetch
    return () => {
      globalThis.fetch = real
    }
  }

  /** The WebSocket for one client; `onWire` is given each connection it makes. */
  webSocket(onWire: (wire: Wire) => void): WebSocketConstructor {
    const connect = (url: string, protocols: string[]) => this.connect(url, protocols, { onWire }).client
    // A function that gives an object can be called with `new`, too.
    function HouseWebSocket(url: string, protocols: string[]) {
      return connect(url, protocols)
    }
    return HouseWebSocket as unknown as WebSocketConstructor
  }

  connect(url: string, protocols: readonly string[], side: ClientSide): Wire {
    const wire = new Wire(() => this.#delayMs())
    setTimeout(() => this.#arrive(wire, new URL(url), protocols, side), this.#delayMs())
    return wire
  }

  #arrive(wire: Wire, url: URL, protocols: readonly string[], side: ClientSide): void {
    if (wire.isGivenUp) return
    const { address = LOOPBACK, worker: wanted = this.#pickWorker(), onWire, onRefused } = side
    const worker = wanted?.isListening === true ? wanted : undefined
    const upgrade = [
      ['upgrade', 'websocket'],
      ['connection', 'Upgrade'],
      ['sec-websocket-version', '13'],
      ['sec-websocket-key', KEY],
      ['sec-websocket-protocol', protocols.join(', ')],
    ] as const
    const result = worker?.handshake(toHead(url, upgrade, address))
    if (!worker || result?.kind !== 'accept') {
      if (result?.kind === 'refuse') onRefused?.(result)
      wire.client.emit('error')
      wire.client.closed(1006, '')
      return
    }
    this.#wires.add(wire)
    onWire(wire)
    wire.client.emit('open')
    worker.open(wire, result)
  }

  #pickWorker(): HouseWorker | undefined {
    const listening = this.#options.listening()
    return this.isDown || listening.length === 0 ? undefined : this.#options.chance.pick(listening)
  }

  #delayMs(): number {
    return this.#options.chance.fraction() * DELAY_MS_MAX
  }
}

function toHead(
  url: URL,
  headers: readonly (readonly [string, unknown])[],
  remoteAddress: string = LOOPBACK,
): RequestHead {
  return {
    method: 'GET',
    path: url.pathname,
    query: url.search.slice(1),
    headers: [['host', url.host], ...headers.map(([name, value]) => [name, String(value)] as const)],
    remoteAddress,
  }
}
