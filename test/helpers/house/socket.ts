import type { WebSocketLike } from '../../../src/client/websocket.ts'
import type { Connection } from '../../../src/session/connection.ts'
import type { Socket } from '../../../src/session/socket.ts'

/** The parts of a worker that a socket needs: its topics, and the receivers of its frames and its end. */
export interface WorkerEnd {
  readonly topics: Map<string, Set<ServerSocket>>
  frame(connection: Connection, bytes: Uint8Array, isBinary: boolean): void
  closed(connection: Connection, code: number): void
}

type Listener = (event: unknown) => void
const ABNORMAL = 1006

/** The worker's end of a connection, instead of uWebSockets.js's. */
export class ServerSocket implements Socket {
  readonly transport = 'websocket'
  readonly #worker: WorkerEnd
  readonly #wire: Wire
  readonly #topics = new Set<string>()
  #connection: Connection | undefined
  #isClosed = false

  constructor(worker: WorkerEnd, wire: Wire) {
    this.#worker = worker
    this.#wire = wire
  }

  opened(connection: Connection): void {
    this.#connection = connection
    if (this.#isClosed) this.#worker.closed(connection, ABNORMAL)
  }

  send(frame: string | Uint8Array): void {
    if (!this.#isClosed) this.#wire.toClient(frame)
  }

  sendBuilt(frame: Uint8Array, isBinary: boolean): void {
    if (!this.#isClosed) this.#wire.toClient(isBinary ? frame : Buffer.from(frame).toString())
  }

  cork(send: () => void): void {
    if (!this.#isClosed) send()
  }

  subscribe(topic: string): void {
    if (this.#isClosed) return
    this.#topics.add(topic)
    const sockets = this.#worker.topics.get(topic) ?? new Set()
    this.#worker.topics.set(topic, sockets.add(this))
  }

  unsubscribe(topic: string): void {
    this.#topics.delete(topic)
    const sockets = this.#worker.topics.get(topic)
    sockets?.delete(this)
    if (sockets?.size === 0) this.#worker.topics.delete(topic)
  }

  close(code: number, reason: string): void {
    if (this.#isClosed) return
    this.#wire.closedByServer(code, reason)
    this.gone(code)
  }

  /** The network stack of a client that reads answers by itself, at once. */
  ping(): void {
    if (this.#wire.isRead) this.#heard()
  }

  bufferedBytes(): number {
    return this.#isClosed ? 0 : this.#wire.waitingBytes
  }

  received(data: string | Uint8Array): void {
    if (!this.#connection || this.#isClosed) return
    const isBinary = typeof data !== 'string'
    const bytes = isBinary ? Uint8Array.from(data) : new TextEncoder().encode(data)
    this.#worker.frame(this.#connection, bytes, isBinary)
    bytes.fill(0) // uWebSockets.js also invalidates them
  }

  drained(): void {
    this.#heard()
    if (!this.#isClosed) this.#connection?.drained()
  }

  /** As with uWebSockets.js, the close handler runs inside the call that closes. */
  gone(code: number): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const topic of this.#topics) this.unsubscribe(topic)
    if (this.#connection) this.#worker.closed(this.#connection, code)
  }

  #heard(): void {
    if (this.#connection && !this.#isClosed) this.#connection.wasHeard = true
  }
}

/** The client's end, with the interface of browsers. The client library uses it as its WebSocket. */
export class ClientSocket implements WebSocketLike {
  binaryType = 'arraybuffer'
  readonly #listeners = new Map<string, Listener[]>()
  readonly #send: (data: string | Uint8Array) => void
  readonly #close: (code: number, reason: string) => void
  #isClosed = false

  constructor(send: (data: string | Uint8Array) => void, close: (code: number, reason: string) => void) {
    this.#send = send
    this.#close = close
  }

  send(data: string | Uint8Array): void {
    if (!this.#isClosed) this.#send(data)
  }

  close(code = 1005, reason = ''): void {
    if (!this.#isClosed) this.#close(code, reason)
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener])
  }

  emit(type: 'open' | 'message' | 'error', event: unknown = {}): void {
    if (this.#isClosed) return
    for (const listener of this.#listeners.get(type) ?? []) listener(event)
  }

  closed(code: number, reason: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const listener of this.#listeners.get('close') ?? []) listener({ code, reason })
  }
}

/** The network between the two ends. Each direction keeps its order, takes its time, and may be cut or read slowly. */
export class Wire {
  readonly client: ClientSocket
  /** Sees every frame that reaches the client. */
  onFrame: (data: string | Uint8Array) => void = () => {}
  readonly #delayMs: () => number
  #server: ServerSocket | undefined
  readonly #toClient = new Lane((data) => this.#give(data))
  readonly #toServer = new Lane((data) => this.#server?.received(data))
  #isCut = false
  #isGivenUp = false

  constructor(delayMs: () => number) {
    this.#delayMs = delayMs
    this.client = new ClientSocket(
      (data) => this.#isCut || this.#toServer.add(data, delayMs()),
      (code, reason) => this.#closedByClient(code, reason),
    )
  }

  connect(server: ServerSocket): void {
    this.#server = server
  }

  /** Whether the client gave up before its handshake was answered. */
  get isGivenUp(): boolean {
    return this.#isGivenUp
  }

  get isConnected(): boolean {
    return this.#server !== undefined && !this.#isCut
  }

  get isRead(): boolean {
    return !this.#isCut && !this.#toClient.isPaused
  }

  /** The bytes that were sent to a client that does not read. */
  get waitingBytes(): number {
    return this.#toClient.isPaused ? this.#toClient.bytes : 0
  }

  toClient(frame: string | Uint8Array): void {
    if (!this.#isCut) this.#toClient.add(frame, this.#delayMs())
  }

  /** The client reads nothing until `resume`. */
  pause(): void {
    this.#toClient.isPaused = true
  }

  resume(): void {
    this.#toClient.isPaused = false
    this.#toClient.flush()
    this.#server?.drained()
  }

  closedByServer(code: number, reason: string): void {
    if (this.#isCut) return
    this.#server = undefined
    this.#toClient.whenEmpty(() => this.client.closed(code, reason), this.#delayMs())
  }

  /**
   * From now on nothing gets through, and each side notices after its own time. With Infinity, each notices only by its own means.
   */
  cut({ clientMs, serverMs }: { readonly clientMs: number; readonly serverMs: number }): void {
    if (this.#isCut) return
    this.#isCut = true
    this.#toClient.drop()
    this.#toServer.drop()
    const server = this.#server
    if (clientMs < Infinity) setTimeout(() => this.client.closed(ABNORMAL, ''), clientMs)
    if (serverMs < Infinity) setTimeout(() => server?.gone(ABNORMAL), serverMs)
  }

  /** The worker has ended, so its kernel resets the connection. */
  reset(): void {
    if (this.#isCut) return
    this.#isCut = true
    this.#toServer.drop()
    this.#server = undefined
    this.#toClient.drop()
    setTimeout(() => this.client.closed(ABNORMAL, ''), this.#delayMs())
  }

  #closedByClient(code: number, reason: string): void {
    const server = this.#server
    this.#isGivenUp = server === undefined
    if (!this.#isCut && server) this.#toServer.whenEmpty(() => server.gone(code), this.#delayMs())
    // Normally the other side answers the close. If it cannot, the client tears the socket down.
    setTimeout(() => this.client.closed(code, reason), 2 * this.#delayMs() + 1)
  }

  #give(data: string | Uint8Array): void {
    this.onFrame(data)
    this.client.emit('message', { data: typeof data === 'string' ? data : Uint8Array.from(data).buffer })
  }
}

/** One direction of a wire. */
class Lane {
  isPaused = false
  #waiting: (string | Uint8Array)[] = []
  #bytes = 0
  #lastMs = 0
  #under = 0
  #onEmpty: (() => void) | undefined
  readonly #give: (data: string | Uint8Array) => void

  constructor(give: (data: string | Uint8Array) => void) {
    this.#give = give
  }

  get bytes(): number {
    return this.#bytes
  }

  add(data: string | Uint8Array, delayMs: number): void {
    this.#bytes += data.length
    this.#waiting.push(data)
    this.#under++
    this.#in(delayMs, () => {
      this.#under--
      if (!this.isPaused) this.#take()
    })
  }

  flush(): void {
    while (this.#waiting.length > this.#under) this.#take()
  }

  drop(): void {
    this.#waiting = []
    this.#bytes = 0
    this.#onEmpty = undefined
  }

  whenEmpty(action: () => void, delayMs: number): void {
    this.#in(delayMs, () => {
      if (this.#waiting.length === 0) action()
      else this.#onEmpty = action
    })
  }

  #take(): void {
    const data = this.#waiting.shift()
    if (data === undefined) return
    this.#bytes -= data.length
    this.#give(data)
    if (this.#waiting.length === 0) this.#onEmpty?.()
  }

  /** Runs the actions in the order in which they were asked for, whatever their delays are. */
  #in(delayMs: number, action: () => void): void {
    this.#lastMs = Math.max(this.#lastMs, performance.now() + delayMs)
    setTimeout(action, this.#lastMs - performance.now())
  }
}
