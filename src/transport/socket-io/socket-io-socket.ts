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
  /** Whether its client recovers, so that events have a second argument, the cursor. */
  readonly hasCursors: boolean
  /** In engine.io, for the client's next poll, and in the WebSocket. */
  readonly bufferedBytes: () => number
  /** A poll of the client has taken what was waiting. */
  readonly onPolled: () => void
  /** Ends it so that the client does not come back by itself. */
  readonly disconnect: () => void
}

type Acknowledge = (reply: object) => void

/** Error events that come with the end of a connection are called `error`, as all others. */
const ERROR_EVENT = 'error'

/** A connection of a Socket.IO client, as the server knows connections: JSON frames in, Socket.IO's packets out. */
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
      // What is written while engine.io flushes would not leave with it. A WebSocket says itself when it was read.
      if (conn.transport.name === 'polling') setImmediate(options.onPolled)
    })
  }

  get transport(): TransportName {
    return this.#conn.transport.name === 'polling' ? 'socketio_polling' : 'socketio_websocket'
  }

  get hasCursors(): boolean {
    return this.#options.hasCursors
  }

  /** Why this side closed it; undefined: it did not. */
  get closeCode(): number | undefined {
    return this.#closeCode
  }

  /** The id for a request whose reply goes to the acknowledgement. */
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

  /** A packet, encoded. */
  write(packet: string): void {
    this.#conn.write(packet, { compress: false })
  }

  /** A reply, or an event that is in no log, as JSON. */
  send(frame: string | Uint8Array): void {
    const value: unknown = JSON.parse(typeof frame === 'string' ? frame : Buffer.from(frame).toString())
    if (!isObject(value) || typeof value['eventType'] !== 'string') throw new Error('a frame without a type')
    const { eventType, replyTo, payload } = value
    if (eventType === SERVER_EVENT.reply) this.#reply(replyTo, value)
    else if (isObject(payload) && typeof payload['epoch'] === 'string') {
      this.#options.topics.epoch = payload['epoch']
      // What is replayed comes behind it: until then the client's cursor is the one that it has.
      if (!this.hasCursors || Number(payload['replayed'] ?? 0) > 0) this.write(eventPacket(eventType, value))
      else this.write(cursorPacket(eventType, value, payload['epoch'], Number(payload['offset'])))
      // What Socket.IO promised the client is not what came of it: it has to come again, and be told so.
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

  /** The client is told in an `error` event, as Socket.IO has no close codes. */
  close(code: number, reason: string): void {
    if (this.#closeCode !== undefined) return
    this.#closeCode = code
    const refusal = new Refusal(CODES[code] ?? 'UNAVAILABLE', reason, { close_code: code, ...readDetails(reason) })
    this.write(eventPacket(ERROR_EVENT, refusal.toBody()))
    // A client whose transport ends comes back; one that is told to disconnect does not.
    if (mayReconnect(code)) this.#endTransport(code === CLOSE.slowConsumer)
    else this.#options.disconnect()
  }

  #endTransport(atOnce: boolean): void {
    // engine.io ends polling with a packet CLOSE, and python-socketio does not come back after that. A transport that is discarded ends
    // without the packet, when what waits has been sent. The next poll is refused then, after which every client comes back.
    if (this.#conn.transport.name === 'polling') this.#conn.transport.discard()
    this.#conn.close(atOnce)
  }

  /** engine.io does that by itself, and ends who does not answer. */
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

/** The reason of a drain is JSON: when to come back. */
function readDetails(reason: string): object {
  if (!reason.startsWith('{')) return {}
  const value: unknown = JSON.parse(reason)
  return isObject(value) ? value : {}
}
