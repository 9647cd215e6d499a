import { once } from 'node:events'
import { createServer, STATUS_CODES, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'
import { decodeMsgpack, encodeMsgpack } from '../../src/protocol/msgpack.ts'
import type { ErrorCode } from '../../src/protocol/errors.ts'
import { EVENT, type JsonObject } from '../../src/protocol/events.ts'
import { decodeInputFrame, isGameFrame } from '../../src/protocol/game-frames.ts'
import type { EventEnvelope, ReadyPayload, ResumedPayload } from '../../src/protocol/shapes/events.ts'
import { Inbox } from './inbox.ts'

/** What this suite needs of a test: a place to put the cleaning up. */
interface Owner {
  teardown(callback: () => void | Promise<void>): void
}

export interface HttpRefusal {
  readonly status: number
  readonly code: ErrorCode
  readonly headers?: Record<string, string>
}

interface Received {
  readonly id: string
  readonly eventType: string
  readonly room?: string
  readonly payload: JsonObject
}

/** A server that does nothing by itself: each test plays its part, frame by frame. */
export class ScriptedServer {
  /** Set: every handshake is refused so, and so is the plain GET that asks why. */
  refusal: HttpRefusal | undefined
  /** How many handshakes were asked for. */
  attempts = 0
  /** How many plain GETs there were. */
  questions = 0
  readonly #http: Server
  readonly #sockets = new Set<Socket>()
  readonly #peers = new Inbox<Peer>('connection')

  constructor(http: Server) {
    this.#http = http
    const sockets = new WebSocketServer({
      noServer: true,
      handleProtocols: (offered) => [...offered].find((name) => name.startsWith('game.v1.')) ?? false,
    })
    http.on('connection', (socket) => this.#sockets.add(socket))
    let last: HttpRefusal | undefined
    http.on('upgrade', (request: IncomingMessage, socket, head: Buffer) => {
      this.attempts++
      last = this.refusal
      if (this.refusal) socket.end(this.#refuse(this.refusal))
      else sockets.handleUpgrade(request, socket, head, (ws) => this.#peers.push(new Peer(ws, request)))
    })
    http.on('request', (_request, response) => {
      this.questions++
      const { status, code, headers } = last ?? { status: 426, code: 'BAD_REQUEST', headers: {} }
      response.writeHead(status, headers).end(errorBody(code))
    })
  }

  static async start(owner: Owner): Promise<ScriptedServer> {
    const http = createServer().listen(0, '127.0.0.1')
    const server = new ScriptedServer(http)
    await once(http, 'listening')
    owner.teardown(() => server.stop())
    return server
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`
  }

  /** The next connection, in the order they came. */
  accept(): Promise<Peer> {
    return this.#peers.take()
  }

  async stop(): Promise<void> {
    const closed = once(this.#http, 'close')
    this.#http.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #refuse({ status, code, headers = {} }: HttpRefusal): string {
    const lines = Object.entries({ ...headers, connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`)
    return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${errorBody(code)}`
  }
}

/** The server's end of one connection. */
export class Peer {
  readonly path: string
  readonly query: URLSearchParams
  readonly protocols: readonly string[]
  readonly closed: Promise<{ code: number; reason: string }>
  readonly #ws: WebSocket
  readonly #requests = new Inbox<Received>('request')

  constructor(ws: WebSocket, request: IncomingMessage) {
    const url = new URL(request.url ?? '', 'http://localhost')
    this.path = url.pathname
    this.query = url.searchParams
    this.protocols = (request.headers['sec-websocket-protocol'] ?? '').split(/, */)
    this.#ws = ws
    ws.on('message', (content: Buffer, binary) => {
      if (binary && isGameFrame(content)) this.#requests.push(binaryInput(content))
      else this.#requests.push((binary ? decodeMsgpack(content) : JSON.parse(content.toString())) as Received)
    })
    this.closed = once(ws, 'close').then(([code, reason]) => ({ code: Number(code), reason: String(reason) }))
  }

  /** How many requests have come and were not taken. */
  get untaken(): number {
    return this.#requests.length
  }

  receive(): Promise<Received> {
    return this.#requests.take()
  }

  send(frame: object): void {
    this.#ws.send(this.#ws.protocol === 'game.v1.msgpack' ? encodeMsgpack(frame) : JSON.stringify(frame))
  }

  sendRaw(content: string | Uint8Array): void {
    this.#ws.send(content)
  }

  ready(payload: Partial<ReadyPayload> = {}): void {
    this.send({ eventType: 'core.game.session.ready', payload: { ...READY, ...payload } })
  }

  resumed(payload: Partial<ResumedPayload> = {}): void {
    const resumed = { ...READY, recovered: true, replayed: 0, rooms: [], ...payload }
    this.send({ eventType: 'core.game.session.resumed', payload: resumed })
  }

  reply(request: Received, data: object = {}): void {
    this.send({ eventType: 'core.game.reply', replyTo: request.id, success: true, data })
  }

  refuse(request: Received, code: ErrorCode, details?: JsonObject): void {
    const error = { code, message: 'no', retryable: false, ...(details && { details }) }
    this.send({ eventType: 'core.game.reply', replyTo: request.id, success: false, error })
  }

  /** A broadcast in the namespace, unless told otherwise. */
  event(offset: number, prev: number, rest: Partial<EventEnvelope> = {}): void {
    this.send(eventOf(offset, prev, rest))
  }

  close(code: number, reason = ''): void {
    this.#ws.close(code, reason)
  }

  /** TCP ends without a close frame: 1006 at the client. */
  cut(): void {
    this.#ws.terminate()
  }
}

export function eventOf(offset: number, prev: number, rest: Partial<EventEnvelope> = {}): EventEnvelope {
  return {
    id: `event-${offset}`,
    eventType: 'core.game.state.broadcast',
    namespace: 'public',
    userId: 'bob',
    timestamp: 1_790_000_000_000,
    offset,
    prev,
    payload: { message: offset },
    ...rest,
  }
}

/** As a request whose payload is what the frame holds. */
function binaryInput(bytes: Uint8Array): Received {
  const { id = '', value, ...head } = decodeInputFrame(bytes)
  return { id, eventType: EVENT.roomInput, payload: { ...head, value: [...value] } as JsonObject }
}

const READY: ReadyPayload = {
  session_id: 's1',
  resume_token: 'resume-1',
  connection_id: 'k1',
  user_id: 'alice',
  namespace: 'public',
  node: 'n1',
  epoch: 'e7',
  offset: 41,
  server_time: 1_790_000_000_000,
  ping_interval_ms: 25_000,
  max_payload_bytes: 16_384,
}

function errorBody(code: ErrorCode): string {
  return JSON.stringify({ error: { code, message: 'refused', retryable: false } })
}
