import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { socketAddressOf } from '../base/socket-address.ts'
import type { Dialect, Upgrade } from './dialect.ts'
import { FrameCounter } from './frames.ts'
import { dataFrame, pongFrame } from './message.ts'

const PING_OPCODE = 0x9
const CLOSE_OPCODE = 0x8
const READY_TIMEOUT_MS = 20_000
const HEAD_END = '\r\n\r\n'

/** All sockets read into this buffer, because the bytes are counted before the next read begins. */
const readBuffer = Buffer.allocUnsafe(256 * 1024)

export interface ConnectionOptions {
  readonly url: string
  readonly dialect: Dialect
  /** By default 0. */
  readonly index?: number
  /** The room to enter before it is ready. */
  readonly room?: number
  /** For the few connections whose latency is measured. Gets the event's sequence number. */
  readonly onEvent?: (sequence: number) => void
  /** For connections that read more of an event than its number: see `FrameListener`. */
  readonly onData?: (payload: Buffer) => boolean
  /** When it is ready, it reads so many bytes at a time, and only when `sip` is called. */
  readonly sipBytes?: number
  /** Called before the events of one read. They have all arrived at this moment. */
  readonly onRead?: () => void
}

/** One WebSocket over a plain TCP socket. It writes the handshake itself, and counts frames. */
export class Connection {
  readonly counter: FrameCounter
  reads = 0
  /** Why the server ended the connection. Undefined if it did not. */
  closed: string | undefined
  /** The server's last complaint. */
  complaint: string | undefined
  /** The name under which others send it direct messages. */
  name: string | undefined
  #socket: Socket | undefined
  readonly #options: ConnectionOptions
  readonly #ready = Promise.withResolvers<void>()
  #head = ''
  #open = false
  #ended = false
  /** The text that has to arrive before it is ready. Undefined while it waits for the upgrade, or if it waits for nothing. */
  #awaited: string | undefined
  #isJoining = false
  #isReadyNow = false

  constructor(options: ConnectionOptions) {
    this.#options = options
    const onOther = (opcode: number, payload: Buffer): void => this.#onOther(opcode, payload)
    const { onEvent, onData } = options
    this.counter = new FrameCounter({ onOther, ...(onEvent && { onEvent }), ...(onData && { onData }) })
    this.#awaited = options.dialect.ready
    this.#ready.promise.catch(() => {}) // the caller may look at it later
    void this.#start()
  }

  async #start(): Promise<void> {
    const { url, dialect, index = 0, room } = this.#options
    try {
      const upgrade = await dialect.upgrade(url, { index, room })
      if (!this.#ended) this.#connect(upgrade)
    } catch (error) {
      this.#onEnd(error instanceof Error ? error.message : String(error))
    }
  }

  #connect(upgrade: Upgrade): void {
    const { sipBytes, url } = this.#options
    const buffer = sipBytes === undefined ? readBuffer : Buffer.alloc(sipBytes)
    const onread = {
      buffer,
      callback: (length: number): boolean => {
        this.#onRead(buffer, length)
        return sipBytes === undefined || !this.#isReadyNow
      },
    }
    this.#socket = connect({ ...socketAddressOf(new URL(url)), noDelay: true, onread })
    this.#socket.on('connect', () => this.#socket?.write(this.#upgradeRequest(upgrade)))
    this.#socket.on('error', (error) => this.#onEnd(error.message))
    this.#socket.on('close', () => this.#onEnd('the server closed the connection'))
  }

  /** Resolves when the peer's first messages were exchanged, so that broadcasts arrive from now on. */
  async ready(): Promise<void> {
    const timer = setTimeout(() => this.#fail('no answer to the handshake'), READY_TIMEOUT_MS)
    try {
      await this.#ready.promise
    } finally {
      clearTimeout(timer)
    }
  }

  send(frame: Uint8Array): void {
    this.#socket?.write(frame)
  }

  /** Reads once: see `sipBytes`. */
  sip(): void {
    this.#socket?.resume()
  }

  end(): void {
    this.#ended = true
    this.#socket?.destroy()
  }

  #upgradeRequest({ path, headers = [] }: Upgrade): string {
    const { url, dialect } = this.#options
    const protocol = dialect.subprotocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${dialect.subprotocol}`]
    return [
      `GET ${path} HTTP/1.1`,
      `Host: ${new URL(url).host}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      ...protocol,
      ...headers,
      HEAD_END.slice(2),
    ].join('\r\n')
  }

  #onRead(bytes: Buffer, length: number): void {
    this.reads++
    try {
      if (this.#open) this.#count(bytes, length)
      else this.#onHead(bytes.toString('latin1', 0, length))
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error))
    }
  }

  #count(bytes: Buffer, length: number): void {
    this.#options.onRead?.()
    this.counter.push(bytes, length)
  }

  #onHead(text: string): void {
    this.#head += text
    const end = this.#head.indexOf(HEAD_END)
    if (end < 0) return
    if (!this.#head.startsWith('HTTP/1.1 101')) throw new Error(`refused: ${this.#head.slice(0, 300)}`)
    this.#open = true
    if (this.#awaited === undefined) this.#isReady()
    const frames = Buffer.from(this.#head.slice(end + HEAD_END.length), 'latin1')
    this.#head = ''
    if (frames.length > 0) this.#count(frames, frames.length)
  }

  #onOther(opcode: number, payload: Buffer): void {
    if (opcode === PING_OPCODE) {
      this.send(pongFrame(payload))
    } else if (opcode === CLOSE_OPCODE) {
      this.#fail(`close ${payload.length >= 2 ? payload.readUInt16BE(0) : ''} ${payload.toString('utf8', 2)}`)
    } else {
      this.#onWords(payload.toString('latin1'))
    }
  }

  #onWords(text: string): void {
    const { nameIn, complaint, answer } = this.#options.dialect
    this.name ??= nameIn?.(text)
    this.complaint = complaint?.(text) ?? this.complaint
    if (this.#awaited !== undefined && text.includes(this.#awaited)) this.#isReady()
    const reply = answer(text)
    if (reply !== undefined) this.#say(reply)
  }

  /** Joins a room if there is one to join, and is ready after that. */
  #isReady(): void {
    this.#awaited = undefined
    const { room, dialect } = this.#options
    if (room === undefined || !dialect.join || this.#isJoining) {
      this.#isReadyNow = true
      this.#ready.resolve()
      return
    }
    this.#isJoining = true
    const { request, done } = dialect.join(room)
    this.#awaited = done
    this.#say(request)
  }

  #say(text: string): void {
    this.send(dataFrame(text, this.#options.dialect.isBinary))
  }

  #fail(why: string): void {
    this.#onEnd(why)
    this.#socket?.destroy()
  }

  #onEnd(why: string): void {
    if (this.#ended) return
    this.#ended = true
    this.closed = why
    this.#ready.reject(new Error(why))
  }
}
