import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import type { Peer } from '../peers/peer.ts'
import { FrameCounter } from './frames.ts'
import { pongFrame, textFrame } from './message.ts'

const PING_OPCODE = 0x9
const CLOSE_OPCODE = 0x8
const READY_TIMEOUT_MS = 20_000
const HEAD_END = '\r\n\r\n'

/** Every socket reads into this one: the bytes are counted before the next read begins. */
const readBuffer = Buffer.allocUnsafe(256 * 1024)

/** What the generator needs to know of a peer to speak to it. */
export type Dialect = Pick<Peer, 'path' | 'subprotocol' | 'ready' | 'answer'>

export interface ConnectionOptions {
  readonly url: string
  readonly dialect: Dialect
  /** For the few connections whose latency is taken: the event's sequence number. */
  readonly onEvent?: (sequence: number) => void
  /** Before the events of one read: they all arrived at this moment. */
  readonly onRead?: () => void
}

/** One WebSocket on a bare TCP socket: handshake by hand, frames counted. */
export class Connection {
  readonly counter: FrameCounter
  reads = 0
  /** Why the server ended it, where it did. */
  closed: string | undefined
  readonly #socket: Socket
  readonly #options: ConnectionOptions
  readonly #ready = Promise.withResolvers<void>()
  #head = ''
  #open = false
  #ended = false

  constructor(options: ConnectionOptions) {
    this.#options = options
    const onOther = (opcode: number, payload: Buffer): void => this.#onOther(opcode, payload)
    this.counter = new FrameCounter(options.onEvent === undefined ? { onOther } : { onOther, onEvent: options.onEvent })
    const { hostname, port } = new URL(options.url)
    const onread = { buffer: readBuffer, callback: (length: number): boolean => this.#onRead(length) }
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true, onread })
    this.#socket.on('connect', () => this.#socket.write(this.#upgradeRequest()))
    this.#socket.on('error', (error) => this.#onEnd(error.message))
    this.#socket.on('close', () => this.#onEnd('the server closed the connection'))
  }

  /** Resolves when the peer's own first words were exchanged and broadcasts arrive from now on. */
  async ready(): Promise<void> {
    const timer = setTimeout(() => this.#fail('no answer to the handshake'), READY_TIMEOUT_MS)
    try {
      await this.#ready.promise
    } finally {
      clearTimeout(timer)
    }
  }

  send(frame: Uint8Array): void {
    this.#socket.write(frame)
  }

  end(): void {
    this.#ended = true
    this.#socket.destroy()
  }

  #upgradeRequest(): string {
    const { url, dialect } = this.#options
    const protocol = dialect.subprotocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${dialect.subprotocol}`]
    return [
      `GET ${dialect.path} HTTP/1.1`,
      `Host: ${new URL(url).host}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      ...protocol,
      HEAD_END.slice(2),
    ].join('\r\n')
  }

  #onRead(length: number): boolean {
    this.reads++
    try {
      if (this.#open) this.#count(readBuffer, length)
      else this.#onHead(readBuffer.toString('latin1', 0, length))
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error))
    }
    return true
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
    if (this.#options.dialect.ready === undefined) this.#ready.resolve()
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
      const text = payload.toString()
      const { ready, answer } = this.#options.dialect
      if (ready !== undefined && text.includes(ready)) this.#ready.resolve()
      const reply = answer(text)
      if (reply !== undefined) this.send(textFrame(reply))
    }
  }

  #fail(why: string): void {
    this.#onEnd(why)
    this.#socket.destroy()
  }

  #onEnd(why: string): void {
    if (this.#ended) return
    this.#ended = true
    this.closed = why
    this.#ready.reject(new Error(why))
  }
}
