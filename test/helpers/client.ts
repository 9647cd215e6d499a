import { decodePatch } from '../../src/client/binary-patch.ts'
import { GAME_FRAME } from '../../src/protocol/game-bytes.ts'
import { PATIENCE_MS } from './patience.ts'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { Packr, Unpackr } from 'msgpackr'
import WebSocket, { type ClientOptions } from 'ws'
import { Waiter } from './waiter.ts'

export interface OpenOptions {
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string
  /** By default `private` with a token, and `public` without. */
  readonly path?: string
  /** By default json. */
  readonly encoding?: 'json' | 'msgpack'
  /** Offered instead of the encoding's subprotocol. An empty list offers none. */
  readonly protocols?: readonly string[]
  readonly query?: Readonly<Record<string, string>>
  /** Options for `ws`: headers, origin, localAddress, autoPong … */
  readonly ws?: ClientOptions
}

/** A frame as it came: an event or a reply. */
export type Frame = Readonly<Record<string, unknown>> & {
  readonly eventType: string
  readonly payload?: Readonly<Record<string, unknown>>
}

export interface Reply {
  readonly replyTo?: string
  readonly success: boolean
  readonly data?: Readonly<Record<string, unknown>>
  readonly error?: {
    readonly code: string
    readonly message: string
    readonly retryable: boolean
    readonly details?: Readonly<Record<string, unknown>> & { readonly path?: string }
  }
}

export interface Closed {
  /** 1006 means that there was no close frame. */
  readonly code: number
  readonly reason: string
}

/** The server answered an upgrade with an HTTP response. */
export class UpgradeRefused extends Error {
  override readonly name = 'UpgradeRefused'
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string

  constructor(response: IncomingMessage, body: string) {
    super(`${response.statusCode} ${body}`)
    this.status = response.statusCode ?? 0
    this.headers = response.headers
    this.body = body
  }

  get code(): string {
    return (JSON.parse(this.body) as { error: { code: string } }).error.code
  }
}

const packr = new Packr({ useRecords: false, useToJSON: false })
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' })

/** Resolves when the first frame has come. Rejects with UpgradeRefused, or if the socket closes before. */
export async function openClient(server: { readonly wsUrl: string }, options: OpenOptions = {}): Promise<TestClient> {
  const client = new TestClient(server.wsUrl, options)
  await client.opened
  return client
}

/** A plain client that does nothing by itself: it neither reconnects nor resumes. */
export class TestClient {
  /** Every frame that came, replies to `request` included. */
  readonly frames: Frame[] = []
  readonly closed: Promise<Closed>
  /** Settles with the first frame. */
  readonly opened: Promise<void>
  readonly ws: WebSocket
  readonly #isBinary: boolean
  readonly #came = new Waiter()
  #tcp: Socket | undefined
  #seen = 0
  #requests = 0
  #end: Closed | undefined

  constructor(wsUrl: string, { token, path, encoding = 'json', protocols, query = {}, ws = {} }: OpenOptions) {
    this.#isBinary = encoding === 'msgpack'
    const url = new URL(`${wsUrl}/${path ?? (token === undefined ? 'public' : 'private')}`)
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
    const headers = { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...ws.headers }
    this.ws = new WebSocket(url, [...(protocols ?? [`game.v1.${encoding}`])], {
      perMessageDeflate: false,
      ...ws,
      headers,
    })
    this.ws.on('upgrade', (response) => (this.#tcp = response.socket))
    this.ws.on('message', (data: Buffer) => this.#received(data))
    this.closed = new Promise((resolve) => {
      this.ws.on('close', (code, reason) => {
        this.#end = { code, reason: reason.toString() }
        this.#came.wake()
        resolve(this.#end)
      })
    })
    this.opened = this.#open()
    this.opened.catch(() => {}) // the caller may look at it later
  }

  /** The payload of `ready` or `resumed`. */
  get ready(): Readonly<Record<string, unknown>> {
    return this.frames[0]?.payload ?? {}
  }

  /** The events in the order in which they came: all frames except the first one and replies. */
  get events(): readonly Frame[] {
    return this.frames.slice(1).filter(({ eventType }) => eventType !== 'core.game.reply')
  }

  /** The TCP socket below it, to send bytes that `ws` would not send. */
  get tcp(): Socket {
    if (!this.#tcp) throw new Error('there is no socket')
    return this.#tcp
  }

  get userId(): string {
    return String(this.ready['user_id'])
  }

  get isClosed(): boolean {
    return this.#end !== undefined
  }

  /** Sends a value in the connection's encoding. */
  send(value: unknown): void {
    this.sendBytes(this.#isBinary ? packr.pack(value) : JSON.stringify(value))
  }

  /** Sends one frame with exactly this content. */
  sendBytes(bytes: Uint8Array | string, isBinary = this.#isBinary): void {
    this.ws.send(bytes, { binary: isBinary })
  }

  /** Sends a request and waits for its reply, whether it succeeded or not. */
  async request(eventType: string, payload: unknown, extra: Readonly<Record<string, unknown>> = {}): Promise<Reply> {
    const id = `r${++this.#requests}`
    this.send({ id, eventType, payload, ...extra })
    return this.reply(typeof extra['id'] === 'string' ? extra['id'] : id)
  }

  /** Waits for the reply to this `id`, which may have come already. */
  async reply(id: string | undefined, timeoutMs = PATIENCE_MS): Promise<Reply> {
    const isReply = (frame: Frame) => frame.eventType === 'core.game.reply' && frame['replyTo'] === id
    const frame = await this.#wait(() => this.frames.find(isReply), `no reply to ${id}`, timeoutMs)
    return frame as unknown as Reply
  }

  /** Waits for the next matching frame after the one that `next` returned last. */
  async next(predicate: (frame: Frame) => boolean = () => true, timeoutMs = PATIENCE_MS): Promise<Frame> {
    const at = await this.#wait(() => this.#find(predicate), 'no such frame', timeoutMs)
    this.#seen = at + 1
    return this.frames[at] as Frame
  }

  /** Closes with a close frame. */
  async close(): Promise<Closed> {
    this.ws.close(1000)
    return this.closed
  }

  /** Ends the TCP connection without a close frame. */
  terminate(): void {
    this.ws.terminate()
  }

  #find(predicate: (frame: Frame) => boolean): number | undefined {
    const at = this.frames.findIndex((frame, i) => i >= this.#seen && predicate(frame))
    return at === -1 ? undefined : at
  }

  #received(data: Buffer): void {
    this.frames.push(decode(data, this.#isBinary))
    this.#came.wake()
  }

  /** Waits until `look` returns something, or the connection is closed. */
  #wait<T>(look: () => T | undefined, what: string, timeoutMs: number): Promise<T> {
    const lookOrThrow = () => {
      const found = look()
      if (found === undefined && this.#end)
        throw new Error(`${what}: closed with ${this.#end.code} ${this.#end.reason}`)
      return found
    }
    return this.#came.until(lookOrThrow, timeoutMs, () => `${what}: ${JSON.stringify(this.frames.slice(-5))}`)
  }

  #open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.ws.once('unexpected-response', (_request, response: IncomingMessage) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          reject(new UpgradeRefused(response, Buffer.concat(chunks).toString()))
          this.ws.terminate()
        })
      })
      this.ws.on('error', reject) // after the first frame, `closed` reports it
      this.#wait(() => this.frames[0], 'no first frame', PATIENCE_MS).then(() => resolve(), reject)
    })
  }
}

function decode(data: Buffer, isBinary: boolean): Frame {
  if (!isBinary) return JSON.parse(data.toString()) as Frame
  return data[0] === GAME_FRAME ? { ...decodePatch(data) } : (unpackr.unpack(data) as Frame)
}
