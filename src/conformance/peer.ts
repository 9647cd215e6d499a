import type { IncomingMessage } from 'node:http'
import WebSocket from 'ws'
import { SERVER_EVENT, SUBPROTOCOL, type Encoding } from '../protocol/events.ts'
import { GAME_FRAME } from '../protocol/game-bytes.ts'
import { decodeMsgpack, encodeMsgpack } from '../protocol/msgpack.ts'
import { expectEqual, expectFields, expectThat, fieldsOf, Mismatch, show, type Fields } from './expect.ts'
import { decodePatchHead } from './patch-head.ts'
import { Waiter } from './waiter.ts'

export interface PeerOptions {
  readonly url: URL
  readonly encoding: Encoding
  readonly headers: Readonly<Record<string, string>>
  /** Offered instead of the encoding's subprotocol. An empty list offers none. */
  readonly protocols?: readonly string[]
  /** How long something may take that should come. */
  readonly waitMs: number
}

export interface Closed {
  /** 1006 means that there was no close frame. */
  readonly code: number
  readonly reason: string
}

/** One decoded frame of the server. It is `{ undecodable }` if it could not be decoded. */
export type Frame = Fields

export type Is = (frame: Frame) => boolean

export const isEvent =
  (eventType: string): Is =>
  (frame) =>
    frame['eventType'] === eventType

export const payloadOf = (frame: Frame): Fields => fieldsOf(frame['payload'])

/** A connection that does nothing by itself, and keeps each frame. */
export class Peer {
  readonly frames: Frame[] = []
  /** The frames before they were decoded. */
  readonly contents: Buffer[] = []
  readonly encoding: Encoding
  /** The kinds of data frames that came. */
  readonly kinds = new Set<'text' | 'binary'>()
  readonly ws: WebSocket
  readonly #waitMs: number
  readonly #came = new Waiter()
  #requests = 0
  #closed: Closed | undefined
  #failure: Error | undefined

  constructor({ url, encoding, headers, protocols, waitMs }: PeerOptions) {
    this.encoding = encoding
    this.#waitMs = waitMs
    const offered = [...(protocols ?? [SUBPROTOCOL[encoding]])]
    this.ws = new WebSocket(url, offered, { perMessageDeflate: false, handshakeTimeout: waitMs, headers })
    this.ws.on('message', (data: Buffer, isBinary: boolean) => this.#received(data, isBinary))
    this.ws.on('unexpected-response', (_request, response: IncomingMessage) => {
      this.#failed(new Mismatch('101', `${response.statusCode}`))
      response.resume()
      this.ws.terminate()
    })
    this.ws.on('error', (error) => this.#failed(error))
    this.ws.on('close', (code, reason) => {
      this.#closed = { code, reason: reason.toString() }
      this.#came.wake()
    })
  }

  /** The payload of the first frame, which is `ready` or `resumed`. */
  get first(): Fields {
    return payloadOf(this.frames[0] ?? {})
  }

  get userId(): string {
    return String(this.first['user_id'])
  }

  get namespace(): string {
    return String(this.first['namespace'])
  }

  get isClosed(): boolean {
    return this.#closed !== undefined
  }

  /** All frames except the first one and replies, in the order in which they came. */
  get events(): readonly Frame[] {
    return this.frames.slice(1).filter((frame) => frame['eventType'] !== SERVER_EVENT.reply)
  }

  /** Settles when the first frame has come. Throws Mismatch if the upgrade is refused, or nothing comes. */
  async opened(): Promise<this> {
    await this.#until(() => this.frames[0], 'the first frame')
    return this
  }

  /** Sends a value in the connection's encoding. */
  send(value: unknown): void {
    if (this.encoding === 'json') this.ws.send(JSON.stringify(value))
    else this.ws.send(encodeMsgpack(value), { binary: true })
  }

  /** Sends one frame with exactly this content. */
  sendBytes(bytes: Uint8Array | string): void {
    this.ws.send(bytes, { binary: typeof bytes !== 'string' })
  }

  /** Sends a request with an id. Resolves to its reply, whether it succeeded or not. */
  async request(eventType: string, payload: unknown, extra: Fields = {}): Promise<Fields> {
    const id = `q${++this.#requests}`
    this.send({ id, eventType, payload, ...extra })
    return this.reply(id)
  }

  /** Sends a request. Resolves to the reply's data. Throws Mismatch if it did not succeed. */
  async ask(eventType: string, payload: unknown, extra: Fields = {}): Promise<Fields> {
    const reply = await this.request(eventType, payload, extra)
    expectThat(reply['success'] === true, `success: true for ${eventType}`, reply)
    return expectFields(reply['data'], "the reply's data")
  }

  /** Sends a request. Resolves to the error. Throws Mismatch if it has another code, or the request succeeded. */
  async refused(code: string, eventType: string, payload: unknown, extra: Fields = {}): Promise<Fields> {
    const reply = await this.request(eventType, payload, extra)
    const error = fieldsOf(reply['error'])
    expectThat(reply['success'] === false && error['code'] === code, `${code} for ${eventType}`, reply)
    return error
  }

  reply(id: string): Promise<Fields> {
    return this.event((frame) => frame['replyTo'] === id, `a reply to "${id}"`)
  }

  /** Waits for the error that answers a request without an id. */
  async errorWithoutId(): Promise<Fields> {
    const is = (frame: Frame) => frame['eventType'] === SERVER_EVENT.reply && frame['success'] === false
    const frame = await this.event((frame) => is(frame) && !('replyTo' in frame), 'an error without replyTo')
    return fieldsOf(frame['error'])
  }

  /** Waits for the first such frame, which may have come already. */
  event(is: Is, what: string): Promise<Frame> {
    return this.#until(() => this.frames.find(is), what)
  }

  /** Waits for at least so many such frames. */
  async several(is: Is, count: number, what: string): Promise<readonly Frame[]> {
    await this.has(is, count)
    const found = this.frames.filter(is)
    expectThat(found.length >= count, `${count} frames: ${what}`, `${found.length}`)
    return found
  }

  /** Waits until there are so many such frames, or the time is over. */
  async has(is: Is, count: number): Promise<void> {
    const enough = () => this.isClosed || this.frames.filter(is).length >= count || undefined
    await this.#came.find(enough, this.#waitMs)
  }

  /** Waits for the end of the connection, whatever its cause. */
  async closed(): Promise<Closed> {
    const closed = await this.#came.find(() => this.#closed, this.#waitMs)
    if (closed === undefined) throw new Mismatch('that the connection is closed', 'no end of it')
    return closed
  }

  async expectClosed(code: number): Promise<void> {
    expectEqual((await this.closed()).code, code, 'the close code')
  }

  /** Closes with a close frame. If that takes too long, ends the connection. */
  async close(): Promise<void> {
    if (this.isClosed) return
    this.ws.close(1000)
    if ((await this.#came.find(() => this.#closed, this.#waitMs)) === undefined) this.ws.terminate()
  }

  async cut(): Promise<void> {
    this.ws.terminate()
    await this.closed()
  }

  #received(data: Buffer, isBinary: boolean): void {
    this.kinds.add(isBinary ? 'binary' : 'text')
    this.contents.push(data)
    this.frames.push(decode(data, isBinary))
    this.#came.wake()
  }

  #failed(error: Error): void {
    this.#failure ??= error
    this.#came.wake()
  }

  async #until<T>(look: () => T | undefined, what: string): Promise<T> {
    const ended = () => (this.isClosed || this.#failure !== undefined ? null : undefined)
    const found = await this.#came.find<T | null>(() => look() ?? ended(), this.#waitMs)
    if (found !== undefined && found !== null) return found
    if (this.#failure instanceof Mismatch) throw this.#failure
    const end = this.#closed ? ` and a close with ${this.#closed.code} ${this.#closed.reason}` : ''
    const last = this.frames.slice(-2).map(show)
    throw new Mismatch(what, `${this.#failure?.message ?? (last.join(', ') || 'no frame')}${end}`)
  }
}

function decode(data: Buffer, isBinary: boolean): Frame {
  try {
    if (isBinary && data[0] === GAME_FRAME) return decodePatchHead(data)
    return fieldsOf(isBinary ? decodeMsgpack(data) : JSON.parse(data.toString()))
  } catch (error) {
    return { undecodable: String(error) }
  }
}
