import type { WebSocketConstructor } from '../../../src/client/websocket.ts'
import type { Refused, RequestHead } from '../../../src/door/handshake.ts'
import type { Chance } from './chance.ts'
import { Wire } from './socket.ts'
import type { HouseWorker } from './worker.ts'

export interface NetworkOptions {
  readonly chance: Chance
  /** The workers that a connection to this host name may reach. */
  readonly listening: (host: string) => readonly HouseWorker[]
}

/** The client's end of the network, and what it may learn beyond what a WebSocket tells it. */
export interface ClientSide {
  /** By default 127.0.0.1. */
  readonly address?: string
  /** The worker that its connections reach. By default any that listens. */
  readonly worker?: HouseWorker | undefined
  /** Called with each connection that it makes. */
  readonly onWire: (wire: Wire) => void
  readonly onRefused?: (refused: Refused) => void
}

const KEY = 'AAAAAAAAAAAAAAAAAAAAAA=='
const DELAY_MS_MAX = 5
const LOOPBACK = '127.0.0.1'

/** The network between clients and workers. Any worker may get a connection, as with SO_REUSEPORT. */
export class Network {
  readonly #options: NetworkOptions
  readonly #wires = new Set<Wire>()
  /** While it is down, no connection can be made. */
  isDown = false

  constructor(options: NetworkOptions) {
    this.#options = options
  }

  get wires(): readonly Wire[] {
    for (const wire of this.#wires) if (!wire.isConnected) this.#wires.delete(wire)
    return [...this.#wires]
  }

  /**
   * Routes `fetch` over this network, because the client library uses it to ask why it was refused. Returns a function that
   * undoes this.
   */
  install(): () => void {
    const real = globalThis.fetch
    globalThis.fetch = (async (url: string, init: RequestInit = {}) => {
      await new Promise((resolve) => setTimeout(resolve, this.#delayMs()))
      const worker = this.#pickWorker(new URL(url).hostname)
      const result = worker?.handshake(toHead(new URL(url), Object.entries(init.headers ?? {})))
      if (result?.kind !== 'refuse') throw new TypeError('fetch failed')
      const body = JSON.stringify({ error: result.refusal.toBody() })
      return new Response(body, { status: result.status, headers: result.headers })
    }) as typeof fetch
    return () => {
      globalThis.fetch = real
    }
  }

  /** The WebSocket class for one client. `onWire` is called with each connection that it makes. */
  webSocket(onWire: (wire: Wire) => void): WebSocketConstructor {
    const connect = (url: string, protocols: string[]) => this.connect(url, protocols, { onWire }).client
    // A function that returns an object can also be called with `new`.
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
    const { address = LOOPBACK, worker: wanted = this.#pickWorker(url.hostname), onWire, onRefused } = side
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

  #pickWorker(host: string): HouseWorker | undefined {
    const listening = this.#options.listening(host)
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
