import { createRequire } from 'node:module'
import type * as engineIo from 'engine.io'
import { TokenBucket } from '../../base/token-bucket.ts'
import type { RequestHead } from '../../door/request-head.ts'
import type { Admitted } from '../../door/socket-io-gate.ts'
import type { SessionIds } from './session-ids.ts'
import { EngineRequest, EngineResponse, type EngineData, type EngineOutcome } from './engine-http.ts'

// Not among the names that engine.io exports to modules.
const { uServer } = createRequire(import.meta.url)('engine.io') as typeof engineIo
type EngineServer = InstanceType<typeof uServer>

/** One WebSocket under engine.io: of this worker, or of one that has met the client. */
export interface Wire {
  send(data: string | Uint8Array, isBinary: boolean): void
  end(): void
  /** What waits for the client to read. */
  bufferedBytes(): number
}

export interface EngineOptions {
  readonly sessionIds: Pick<SessionIds, 'make'>
  readonly pingIntervalMs: number
  readonly pingTimeoutMs: number
  readonly messageBytesMax: number
  /** What may wait for one client in engine.io; a connection with more is closed. */
  readonly bufferBytesMax: number
  readonly nowMs: () => number
}

/** What engine.io would register with a uWebSockets.js app. */
interface Handlers {
  readonly request: (response: EngineResponse, request: EngineRequest) => void
  readonly upgrade: (response: EngineResponse, request: EngineRequest, context: undefined) => void
  readonly open: (ws: EngineWs) => void
  readonly message: (ws: EngineWs, message: ArrayBuffer, isBinary: boolean) => void
  readonly close: (ws: EngineWs, code: number, message: ArrayBuffer) => void
}

export interface Call {
  /** The client has given up. */
  abort(): void
}

const UPGRADE_TIMEOUT_MS = 10_000
/** Pongs, connects, disconnects, parts of binary events: a client has no reason for many. */
const OTHER_PACKETS_PER_SECOND = 20
const BURST_S = 5
const CLOSE_PACKET = '1'.charCodeAt(0)
const NO_BODY = new Uint8Array()

interface Packet {
  readonly type: string
  readonly data?: string | Uint8Array
}

/** Of Socket.IO: those have the rate of a session. */
function isEvent({ type, data }: Packet): boolean {
  return type === 'message' && typeof data === 'string' && (data.startsWith('2') || data.startsWith('5'))
}

/** engine.io, with heads and bodies for its requests and wires for its WebSockets. */
export class Engine {
  readonly server: EngineServer
  readonly #handlers: Handlers
  readonly #wires = new WeakMap<object, Wire>()
  /** Bytes in engine.io's buffers, for the next poll. */
  readonly #waiting = new WeakMap<engineIo.Socket, number>()
  readonly #drained = new WeakMap<object, () => void>()

  constructor({ sessionIds, pingIntervalMs, pingTimeoutMs, messageBytesMax, bufferBytesMax, nowMs }: EngineOptions) {
    this.server = new uServer({
      transports: ['polling', 'websocket'],
      pingInterval: pingIntervalMs,
      pingTimeout: pingTimeoutMs,
      upgradeTimeout: UPGRADE_TIMEOUT_MS,
      maxHttpBufferSize: messageBytesMax,
      httpCompression: false,
    })
    Object.assign(this.server, { generateId: () => sessionIds.make() })
    this.#handlers = captureHandlers(this.server)
    this.server.on('connection', (conn: engineIo.Socket) => this.#watch(conn, bufferBytesMax, nowMs))
  }

  request(head: RequestHead, body: Uint8Array, admitted: Admitted | undefined, settle: Settle): Call {
    const response = new EngineResponse(head, body, settle)
    this.#handlers.request(response, new EngineRequest(head, admitted))
    return response
  }

  upgrade(head: RequestHead, admitted: Admitted | undefined, settle: Settle): Call {
    const response = new EngineResponse(head, NO_BODY, settle)
    this.#handlers.upgrade(response, new EngineRequest(head, admitted), undefined)
    return response
  }

  /** The WebSocket of an upgrade is open. */
  open(data: EngineData, wire: Wire): EngineWs {
    const ws = new EngineWs(data, wire, this.#handlers)
    this.#wires.set(data.transport, wire)
    this.#handlers.open(ws)
    return ws
  }

  /** Calls `tell` when the transport's client has read something. */
  onDrained(transport: engineIo.Transport, tell: () => void): void {
    this.#drained.set(transport, tell)
  }

  /** The client of this WebSocket has read something. */
  drained({ transport }: EngineData): void {
    this.#drained.get(transport)?.()
  }

  /** What waits for the client to read. */
  bufferedBytes(conn: engineIo.Socket): number {
    return (this.#waiting.get(conn) ?? 0) + (this.#wires.get(conn.transport)?.bufferedBytes() ?? 0)
  }

  /**
   * Bounds what a client makes the server keep, and what it sends besides events, from the first packet on: acknowledgements and
   * refusals pass by the session.
   */
  #watch(conn: engineIo.Socket, bytesMax: number, nowMs: () => number): void {
    const others = new TokenBucket(OTHER_PACKETS_PER_SECOND, OTHER_PACKETS_PER_SECOND * BURST_S, nowMs())
    conn.on('flush', () => this.#waiting.delete(conn))
    conn.on('packetCreate', ({ data }: Packet) => {
      const bytes = (this.#waiting.get(conn) ?? 0) + (data?.length ?? 0)
      this.#waiting.set(conn, bytes)
      if (bytes > bytesMax) conn.close(true)
    })
    conn.on('packet', (packet: Packet) => {
      if (!isEvent(packet) && !others.take(1, nowMs())) conn.close(true)
    })
  }
}

type Settle = (outcome: EngineOutcome) => void

/** A WebSocket, as engine.io takes one from uWebSockets.js. */
export class EngineWs {
  readonly #data: EngineData
  readonly #wire: Wire
  readonly #handlers: Handlers
  #isClosed = false

  constructor(data: EngineData, wire: Wire, handlers: Handlers) {
    this.#data = data
    this.#wire = wire
    this.#handlers = handlers
  }

  // For engine.io.

  getUserData(): EngineData {
    return this.#data
  }

  send(data: string | Uint8Array, isBinary: boolean): void {
    if (!this.#isClosed) this.#wire.send(data, isBinary)
  }

  end(): void {
    if (!this.#isClosed) this.#wire.end()
  }

  // For the wire.

  received(data: Uint8Array, isBinary: boolean): void {
    if (this.#isClosed) return
    // engine.io itself takes the packet CLOSE from polls only.
    if (!isBinary && data.length === 1 && data[0] === CLOSE_PACKET) this.#wire.end()
    else this.#handlers.message(this, new Uint8Array(data).buffer, isBinary)
  }

  closed(code: number): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#handlers.close(this, code, new ArrayBuffer(0))
  }
}

type WsHandlers = Omit<Handlers, 'request'>

function captureHandlers(server: EngineServer): Handlers {
  let request: Handlers['request'] | undefined
  let ws: WsHandlers | undefined
  const app = {
    any(_path: string, handler: Handlers['request']) {
      request = handler
      return app
    },
    ws(_path: string, handlers: WsHandlers) {
      ws = handlers
      return app
    },
  }
  server.attach(app)
  if (!request || !ws) throw new Error('engine.io registers its handlers in another way')
  return { request, ...ws }
}
