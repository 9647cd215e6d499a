import { EVENT, SERVER_EVENT, type WebSocketConstructor } from '../client/index.ts'
import { monotonicMs } from './clock.ts'
import { parseEnvelope } from './envelope.ts'
import { failure, type Failure, type Outcome } from './outcome.ts'

/** A text that was sent, and its reply as it arrived. If there is no reply, `note` says why. */
export interface Exchange {
  readonly sent: string | null
  reply: object | null
  note: string
  /** Null while it is not known. */
  isOk: boolean | null
  elapsedMs: number | null
}

export interface WireListeners {
  /** Called when an exchange begins and when it ends. */
  readonly onExchange: (exchange: Exchange) => void
  readonly onRoundTrip: (ms: number) => void
}

interface Waiting {
  readonly socket: WebSocket
  readonly exchange: Exchange
  readonly sentAt: number
  /** Whether the exchange is not shown. */
  readonly isQuiet: boolean
  settle(outcome: Outcome): void
}

type Socket = InstanceType<typeof WebSocket>

/**
 * Observes what the client library sends and receives: pass `WebSocket` to its option of that name. Also sends texts of the user over
 * the library's connection.
 */
export class Wire {
  readonly WebSocket: WebSocketConstructor
  readonly #listeners: WireListeners
  readonly #waiting = new Map<string, Waiting>()
  /** The newest connection on which the server has sent something. */
  #socket: Socket | undefined

  constructor(listeners: WireListeners) {
    this.#listeners = listeners
    const onOpened = (socket: Socket) => (this.#socket = socket)
    const onText = (text: string) => this.#received(text)
    const onClosed = (socket: Socket) => this.#closed(socket)
    const onSend = (socket: Socket, text: string) => void this.#track(socket, text, false)
    this.WebSocket = class extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols)
        this.addEventListener('message', () => onOpened(this), { once: true })
        this.addEventListener('message', ({ data }) => onText(String(data)))
        this.addEventListener('close', () => onClosed(this))
      }

      override send(data: string | Uint8Array<ArrayBuffer>): void {
        onSend(this, String(data))
        super.send(data)
      }
    }
  }

  /**
   * Sends a text unchanged, even if it is not valid. Never rejects.
   * @returns null if it was sent and no reply is due
   */
  async send(text: string): Promise<Outcome | null> {
    const socket = this.#socket
    if (socket?.readyState !== WebSocket.OPEN) return failure('NOT_CONNECTED', 'nothing was sent')
    const outcome = this.#track(socket, text, true)
    WebSocket.prototype.send.call(socket, text)
    return outcome
  }

  #track(socket: Socket, sent: string, isRaw: boolean): Promise<Outcome> | null {
    const envelope = parseEnvelope(sent)
    const id = envelope?.['id']
    const exchange: Exchange = { sent, reply: null, note: 'waiting for the reply', isOk: null, elapsedMs: null }
    const isQuiet = !isRaw && envelope?.['eventType'] === EVENT.sessionPing
    if (typeof id !== 'string') exchange.note = 'no id, so no reply unless it is refused'
    if (!isQuiet) this.#listeners.onExchange(exchange)
    if (typeof id !== 'string') return null
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    this.#waiting.set(id, { socket, exchange, sentAt: monotonicMs(), isQuiet, settle: resolve })
    return promise
  }

  #received(text: string): void {
    // There are many events, and the library parses them anyway, so they are not parsed here.
    const reply = text.includes(SERVER_EVENT.reply) ? parseEnvelope(text) : null
    if (reply?.['eventType'] !== SERVER_EVENT.reply) return
    const id = String(reply['replyTo'])
    const isOk = reply['success'] === true
    const waiting = this.#waiting.get(id)
    if (!waiting) {
      const note = 'a reply to no known request'
      this.#listeners.onExchange({ sent: null, reply, note, isOk, elapsedMs: null })
      return
    }
    const elapsedMs = monotonicMs() - waiting.sentAt
    this.#end(id, waiting, { reply, note: '', isOk, elapsedMs })
    this.#listeners.onRoundTrip(elapsedMs)
    if (isOk) waiting.settle({ success: true, data: reply['data'] })
    else waiting.settle({ success: false, error: reply['error'] as Failure })
  }

  #closed(socket: Socket): void {
    if (this.#socket === socket) this.#socket = undefined
    for (const [id, waiting] of this.#waiting) {
      if (waiting.socket !== socket) continue
      const note = 'the connection ended before the reply'
      this.#end(id, waiting, { note, isOk: false })
      waiting.settle(failure('OUTCOME_UNKNOWN', note))
    }
  }

  #end(id: string, { exchange, isQuiet }: Waiting, result: Partial<Exchange>): void {
    this.#waiting.delete(id)
    Object.assign(exchange, result)
    if (!isQuiet) this.#listeners.onExchange(exchange)
  }
}
