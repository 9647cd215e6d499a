import { errorAnswer, preflightAnswer } from '../../http/http.ts'
import { CLOSE } from '../../protocol/close-codes.ts'
import type { Connection } from '../../session/connection.ts'
import type { Accepted, HandshakeResult } from '../../door/handshake.ts'
import type { RequestHead } from '../../door/request-head.ts'
import type { Socket } from '../../session/socket.ts'
import { watchConnections, type AcceptRules } from './accepting.ts'
import { HttpRequests, type HttpRequestsOptions } from './http-requests.ts'
import { idleTimeoutS } from './idle-timeout.ts'
import { Listening } from './listening.ts'
import { readHead } from './uws-http.ts'
import { UwsSocket } from './uws-socket.ts'
import { App, type TemplatedApp, type UwsResponse, type UwsWebSocket } from './uws.ts'

export interface UwsServerOptions extends HttpRequestsOptions {
  /** Decides on an upgrade. Also gives the answer to a request for the same path that is not an upgrade. */
  readonly handshake: (head: RequestHead) => HandshakeResult
  /** Whether the path is one of the handshake. */
  readonly isRealTimePath: (path: string) => boolean
  readonly open: (socket: Socket, accepted: Accepted) => Connection
  readonly frame: (connection: Connection, bytes: Uint8Array, isBinary: boolean) => void
  readonly closed: (connection: Connection, code: number) => void
  /** A frame was not sent, because too much waits in its socket's buffer. */
  readonly onDropped: () => void
  readonly onPingsLimited: () => void
  /** Adds further routes, which come before these. */
  readonly addRoutes: (app: TemplatedApp) => void
  readonly accepting: AcceptRules
  readonly nowMs: () => number
  /** uWS drops the TCP connection if a frame is larger. */
  readonly frameBytesHard: number
  /** How long a client may be silent before it is closed by the sweep. */
  readonly silenceMs: number
  /** uWS closes a socket if more waits in its buffer. Our own limit is lower. */
  readonly backpressureBytesHard: number
}

interface UserData {
  /** Set until the socket is open. */
  accepted: Accepted | undefined
  connection: Connection | undefined
  socket: UwsSocket<UserData> | undefined
}

type Ws = UwsWebSocket<UserData>

/** The only place where sockets and uWS meet. */
export class UwsServer {
  readonly #options: UwsServerOptions
  readonly #app: TemplatedApp
  readonly #requests: HttpRequests
  readonly listening: Listening

  constructor(options: UwsServerOptions) {
    this.#options = options
    this.#requests = new HttpRequests(options)
    this.#app = App()
    watchConnections(this.#app, options.connections, options.accepting)
    this.listening = new Listening(this.#app)
    options.addRoutes(this.#app)
    this.#app
      .ws<UserData>('/*', {
        maxPayloadLength: options.frameBytesHard,
        idleTimeout: idleTimeoutS(options.silenceMs),
        sendPingsAutomatically: false,
        maxBackpressure: options.backpressureBytesHard,
        closeOnBackpressureLimit: true,
        upgrade: (response, request, context) => {
          const head = readHead(response, request)
          if (!options.isRealTimePath(head.path) && this.#requests.isOverRate(response, head)) return
          const accepted = this.#admit(response, head)
          if (!accepted) return
          const userData: UserData = { accepted, connection: undefined, socket: undefined }
          // No extension is accepted, so there is no compression.
          options.connections.closed()
          response.upgrade(userData, accepted.key, accepted.subprotocol, '', context)
        },
        open: (ws) => this.#open(ws),
        message: (ws, message, isBinary) => {
          const { connection } = ws.getUserData()
          if (!connection) return
          connection.wasHeard = true
          options.frame(connection, new Uint8Array(message), isBinary)
        },
        ping: (ws, message) => this.#ping(ws, message.byteLength),
        pong: (ws) => this.#heard(ws),
        dropped: () => options.onDropped(),
        drain: (ws) => this.#drained(ws),
        close: (ws, code) => this.#closed(ws, code),
      })
      .any('/*', (response, request) => this.#request(response, readHead(response, request)))
  }

  publish(topic: string, frame: Uint8Array, isBinary: boolean): void {
    this.#app.publish(topic, frame, isBinary)
  }

  #open(ws: Ws): void {
    this.#options.connections.webSocketOpened()
    const data = ws.getUserData()
    data.socket = new UwsSocket(ws)
    if (data.accepted) data.connection = this.#options.open(data.socket, data.accepted)
    data.accepted = undefined
  }

  #closed(ws: Ws, code: number): void {
    this.#options.connections.webSocketClosed()
    const { socket, connection } = ws.getUserData()
    socket?.forget()
    if (connection) this.#options.closed(connection, code)
  }

  /** A client that reads is there, though its pong may come only behind all that waits for it. */
  #drained(ws: Ws): void {
    this.#heard(ws)
    ws.getUserData().connection?.drained()
  }

  #heard(ws: Ws): void {
    const { connection } = ws.getUserData()
    if (connection) connection.wasHeard = true
  }

  // uWS answers pings by itself. Here they are only counted.
  #ping(ws: Ws, bytes: number): void {
    this.#heard(ws)
    const { connection } = ws.getUserData()
    if (connection && connection.limits.waitMs(bytes, this.#options.nowMs()) > 0) {
      this.#options.onPingsLimited()
      connection.close(CLOSE.rateLimit, 'too many pings')
    }
  }

  /** Returns undefined if the request was refused and answered. */
  #admit(response: UwsResponse, head: RequestHead): Accepted | undefined {
    const result = this.#options.handshake(head)
    if (result.kind === 'accept') return result
    const answer =
      result.kind === 'preflight'
        ? preflightAnswer(result.headers)
        : errorAnswer(result.refusal, { status: result.status, headers: result.headers })
    this.#requests.pending(response, head).answer(answer)
    return undefined
  }

  #request(response: UwsResponse, head: RequestHead): void {
    if (this.#requests.isOverRate(response, head)) return
    if (this.#options.isRealTimePath(head.path)) {
      this.#admit(response, head)
      return
    }
    this.#requests.serve(response, head)
  }
}
