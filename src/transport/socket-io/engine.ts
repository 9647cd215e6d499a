import { createRequire } from 'node:module'
import type * as engineIo from 'engine.io'
import { TokenBucket } from '../../base/token-bucket.ts'
import type { RequestHead } from '../../door/request-head.ts'
import type { Admitted } from '../../door/socket-io-gate.ts'
import type { SessionIds } from './session-ids.ts'
import { EngineRequest, EngineResponse, type EngineData, type EngineOutcome } from './engine-http.ts'

// engine.io does not export this name to ES modules.
const { uServer } = createRequire(import.meta.url)('engine.io') as typeof engineIo
type EngineServer = InstanceType<typeof uServer>

/** One WebSocket below engine.io. Its client may be connected to another worker. */
export interface Wire {
  send(data: string | Uint8Array, isBinary: boolean): void
  end(): void
  /** Bytes that the client has not read yet. */
  bufferedBytes(): number
}

export interface EngineOptions {
  readonly sessionIds: Pick<SessionIds, 'make'>
  readonly pingIntervalMs: number
  readonly pingTimeoutMs: number
  readonly messageBytesMax: number
  /** How many bytes may wait for one client in engine.io. If there are more, the connection is closed. */
  readonly bufferBytesMax: number
  readonly nowMs: () => number
}

/** The handlers that engine.io would register with a uWebSockets.js app. */
interface Handlers {
  readonly request: (response: EngineResponse, request: EngineRequest) => void
  readonly upgrade: (response: EngineResponse, request: EngineRequest, context: undefined) => void
  readonly open: (ws: EngineWs) => void
  readonly message: (ws: EngineWs, message: ArrayBuffer, isBinary: boolean) => void
  readonly close: (ws: EngineWs, code: number, message: ArrayBuffer) => void
}

export interface Call {
  /** The client no longer waits for the answer. */
  abort(): void
}

const UPGRADE_TIMEOUT_MS = 10_000
/** For pongs, connects, disconnects and parts of binary events. No client needs many. */
const OTHER_PACKETS_PER_SECOND = 20
const BURST_S = 5
const CLOSE_PACKET = '1'.charCodeAt(0)
const NO_BODY = new Uint8Array()

interface Packet {
  readonly type: string
  readonly data?: string | Uint8Array
}

/** Whether the packet is a Socket.IO event. Events are limited by the rate of the session instead. */
function isEvent({ type, data }: Packet): boolean {
  return type === 'message' && typeof data === 'string' && (data.startsWith('2') || data.startsWith('5'))
}

/** Runs engine.io with our own heads and bodies as its requests, and with wires as its WebSockets. */
export class Engine {
  readonly server: EngineServer
  readonly #handlers: Handlers
  readonly #wires = new WeakMap<object, Wire>()
  /** Bytes in engine.io's buffers that wait for the next poll. */
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

  /** Calls `tell` each time the transport's client has read something. */
  onDrained(transport: engineIo.Transport, tell: () => void): void {
    this.#drained.set(transport, tell)
  }

  /** The client of this WebSocket has read something. */
  drained({ transport }: EngineData): void {
    this.#drained.get(transport)?.()
  }

  /** Bytes that the client has not read yet. */
  bufferedBytes(conn: engineIo.Socket): number {
    return (this.#waiting.get(conn) ?? 0) + (this.#wires.get(conn.transport)?.bufferedBytes() ?? 0)
  }

  /**
   * From the first packet on, bounds how much the server has to keep for a client, and how many packets it sends that are not
   * events. Acknowledgements and refusals do not pass through the session, which has the other limits.
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

/** A WebSocket in the form that engine.io takes from uWebSockets.js. */
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

  // Called by engine.io:

  getUserData(): EngineData {
    return this.#data
  }

  send(data: string | Uint8Array, isBinary: boolean): void {
    if (!this.#isClosed) this.#wire.send(data, isBinary)
  }

  end(): void {
    if (!this.#isClosed) this.#wire.end()
  }

  // Called by the wire:

  received(data: Uint8Array, isBinary: boolean): void {
    if (this.#isClosed) return
    // engine.io itself handles the packet CLOSE only if it comes in a poll.
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
  if (!request || !ws) throw new Error('this version of engine.io registers its handlers differently')
  return { request, ...ws }
}
