import type { Socket as EngineSocket } from 'engine.io'
import { CLOSE, mayReconnect } from '../../protocol/close-codes.ts'
import { isObject } from '../../protocol/envelope.ts'
import { Refusal, type ErrorCode } from '../../protocol/errors.ts'
import { SERVER_EVENT } from '../../protocol/events.ts'
import type { SentEvent, Socket, TransportName } from '../../session/socket.ts'
import { cursorPacket, eventPacket, framePacket } from './packets.ts'
import type { Topics } from './topics.ts'

export interface SocketIoSocketOptions {
  readonly topics: Topics
  /** Whether its client can recover. If so, events have a second argument, the cursor. */
  readonly hasCursors: boolean
  /** Bytes that wait in engine.io for the client's next poll, or in the WebSocket. */
  readonly bufferedBytes: () => number
  /** A poll of the client has taken what was waiting. */
  readonly onPolled: () => void
  /** Ends the connection so that the client does not come back by itself. */
  readonly disconnect: () => void
}

type Acknowledge = (reply: object) => void

/** Errors that come with the end of a connection use the event `error`, like all others. */
const ERROR_EVENT = 'error'

/** A connection of a Socket.IO client behind the same interface as all sockets. JSON frames go in, Socket.IO packets come out. */
export class SocketIoSocket implements Socket {
  readonly #conn: EngineSocket
  readonly #options: SocketIoSocketOptions
  readonly #subscribed = new Set<string>()
  readonly #acknowledge = new Map<string, Acknowledge>()
  #nextId = 1
  #closeCode: number | undefined

  constructor(conn: EngineSocket, options: SocketIoSocketOptions) {
    this.#conn = conn
    this.#options = options
    conn.on('flush', () => {
      // What is written while engine.io flushes would not leave with that flush. A WebSocket reports by itself when it was read.
      if (conn.transport.name === 'polling') setImmediate(options.onPolled)
    })
  }

  get transport(): TransportName {
    return this.#conn.transport.name === 'polling' ? 'socketio_polling' : 'socketio_websocket'
  }

  get hasCursors(): boolean {
    return this.#options.hasCursors
  }

  /** Why this side closed the socket. Undefined if it did not. */
  get closeCode(): number | undefined {
    return this.#closeCode
  }

  /** Makes an id for a request. Its reply goes to the acknowledgement. */
  expectReply(acknowledge: Acknowledge): string {
    const id = String(this.#nextId++)
    this.#acknowledge.set(id, acknowledge)
    return id
  }

  /** The client is gone. */
  forget(): void {
    for (const topic of this.#subscribed) this.#options.topics.remove(topic, this)
    this.#subscribed.clear()
    this.#acknowledge.clear()
  }

  /** Sends an encoded packet. */
  write(packet: string): void {
    this.#conn.write(packet, { compress: false })
  }

  /** Sends a reply, or an event that is not in the log, as JSON. */
  send(frame: string | Uint8Array): void {
    const value: unknown = JSON.parse(typeof frame === 'string' ? frame : Buffer.from(frame).toString())
    if (!isObject(value) || typeof value['eventType'] !== 'string') throw new Error('a frame without a type')
    const { eventType, replyTo, payload } = value
    if (eventType === SERVER_EVENT.reply) this.#reply(replyTo, value)
    else if (isObject(payload) && typeof payload['epoch'] === 'string') {
      this.#options.topics.epoch = payload['epoch']
      // If a replay follows, the client keeps the cursor that it has until the replayed events bring newer ones.
      if (!this.hasCursors || Number(payload['replayed'] ?? 0) > 0) this.write(eventPacket(eventType, value))
      else this.write(cursorPacket(eventType, value, payload['epoch'], Number(payload['offset'])))
      // Socket.IO has told the client that it was recovered, which turned out wrong. So the client has to connect again, and is
      // then told so.
      if (payload['recovered'] === false) this.close(CLOSE.gap, 'the session could not be recovered')
    } else this.write(eventPacket(eventType, value))
  }

  sendBuilt(frame: Uint8Array, _isBinary: boolean, event: SentEvent): void {
    this.write(framePacket(frame, event, this.hasCursors ? this.#options.topics.epoch : undefined))
  }

  cork(send: () => void): void {
    send()
  }

  subscribe(topic: string): void {
    this.#subscribed.add(topic)
    this.#options.topics.add(topic, this)
  }

  unsubscribe(topic: string): void {
    if (this.#subscribed.delete(topic)) this.#options.topics.remove(topic, this)
  }

  /** Socket.IO has no close codes, so the client is told in an `error` event. */
  close(code: number, reason: string): void {
    if (this.#closeCode !== undefined) return
    this.#closeCode = code
    const refusal = new Refusal(CODES[code] ?? 'UNAVAILABLE', reason, { close_code: code, ...readDetails(reason) })
    this.write(eventPacket(ERROR_EVENT, refusal.toBody()))
    // The client comes back if its transport ends. It does not if it is told to disconnect.
    if (mayReconnect(code)) this.#endTransport(code === CLOSE.slowConsumer)
    else this.#options.disconnect()
  }

  #endTransport(atOnce: boolean): void {
    // engine.io ends polling with a packet CLOSE, after which python-socketio does not come back. A discarded transport ends
    // without that packet, once it has sent what was waiting. Then the next poll is refused, and every client comes back.
    if (this.#conn.transport.name === 'polling') this.#conn.transport.discard()
    this.#conn.close(atOnce)
  }

  /** engine.io pings by itself, and ends clients that do not answer. */
  ping(): void {}

  bufferedBytes(): number {
    return this.#options.bufferedBytes()
  }

  #reply(replyTo: unknown, reply: object): void {
    const acknowledge = typeof replyTo === 'string' ? this.#acknowledge.get(replyTo) : undefined
    if (acknowledge) {
      this.#acknowledge.delete(String(replyTo))
      acknowledge(reply)
    } else if ('error' in reply && isObject(reply.error)) this.write(eventPacket(ERROR_EVENT, reply.error))
  }
}

const CODES: Readonly<Record<number, ErrorCode>> = {
  [CLOSE.tooLarge]: 'PAYLOAD_TOO_LARGE',
  [CLOSE.draining]: 'DRAINING',
  [CLOSE.slowConsumer]: 'OVERLOADED',
  [CLOSE.tokenExpired]: 'TOKEN_EXPIRED',
  [CLOSE.rateLimit]: 'RATE_LIMITED',
  [CLOSE.badRequests]: 'BAD_REQUEST',
  [CLOSE.tokenInvalid]: 'TOKEN_INVALID',
  [CLOSE.kicked]: 'FORBIDDEN',
  [CLOSE.connectionLimit]: 'RATE_LIMITED',
}

/** If the server drains, the reason is JSON that says when to come back. */
function readDetails(reason: string): object {
  if (!reason.startsWith('{')) return {}
  const value: unknown = JSON.parse(reason)
  return isObject(value) ? value : {}
}
