import { PATIENCE_MS } from './patience.ts'
import { connect, type Socket } from 'node:net'
import { Waiter } from './waiter.ts'

export interface HttpResponse {
  readonly status: number
  /** Names in lower case; the last of the same name. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export const WEBSOCKET_KEY = 'dGhlIHNhbXBsZSBub25jZQ=='

/** A TCP connection and what came over it. */
export class RawConnection {
  readonly socket: Socket
  /** Milliseconds from the start until the connection was over, however it ended. */
  readonly closed: Promise<number>
  readonly #came = new Waiter()
  #received = Buffer.alloc(0)

  constructor(port: number, localAddress?: string) {
    const startedMs = performance.now()
    this.socket = connect({ host: '127.0.0.1', port, ...(localAddress === undefined ? {} : { localAddress }) })
    this.socket.on('error', () => {}) // resets are part of it; `closed` comes all the same
    this.socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#came.wake()
    })
    // Not events.once(): it rejects at the first 'error', and a peer that closes early answers what is still sent with RST.
    this.closed = new Promise((resolve) => {
      this.socket.on('close', () => {
        this.#came.wake()
        resolve(performance.now() - startedMs)
      })
    })
  }

  get received(): Buffer {
    return this.#received
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  /** RST instead of FIN. */
  reset(): void {
    this.socket.resetAndDestroy()
  }

  end(): void {
    this.socket.destroy()
  }

  /** Waits until the condition holds, looking whenever something came or the connection closed. */
  async until(condition: () => boolean, timeoutMs: number): Promise<void> {
    await this.#came.until(
      () => condition() || undefined,
      timeoutMs,
      () => `only: ${this.#received.toString()}`,
    )
  }

  /** The answer to a request, with its body. undefined: it was closed without one. */
  async response(timeoutMs = PATIENCE_MS): Promise<HttpResponse | undefined> {
    const look = () => parseResponse(this.#received) ?? (this.socket.closed ? 'closed' : undefined)
    const found = await this.#came.until(look, timeoutMs, () => `no answer: ${this.#received.toString()}`)
    return found === 'closed' ? undefined : found
  }
}

/** Sends these bytes on a connection of their own and gives the answer; the connection is closed then. */
export async function sendRaw(
  { port }: { readonly port: number },
  bytes: string | Uint8Array,
): Promise<HttpResponse | undefined> {
  const connection = new RawConnection(port)
  connection.write(bytes)
  try {
    return await connection.response()
  } finally {
    connection.end()
  }
}

export interface HeadOptions {
  readonly method?: string
  readonly path?: string
  readonly version?: string
  /** Instead of those of a good upgrade with the same names; undefined leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  /** Whole lines, as they are, after the others. */
  readonly lines?: readonly string[]
}

/** A good upgrade of a guest, but for what is given. */
export function requestHead({ method, path, version, headers = {}, lines = [] }: HeadOptions = {}): string {
  const all: Record<string, string | undefined> = {
    host: '127.0.0.1',
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-key': WEBSOCKET_KEY,
    'sec-websocket-version': '13',
    ...headers,
  }
  const given = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]))
  const first = `${method ?? 'GET'} ${path ?? '/core/game/v1/real-time/public'} HTTP/${version ?? '1.1'}`
  return `${[first, ...given, ...lines].join('\r\n')}\r\n\r\n`
}

export interface FrameOptions {
  /** true */
  readonly fin?: boolean
  /** RSV1 is 4. */
  readonly rsv?: number
  /** 1: text, 2: binary, 0: continuation, 8: close, 9: ping */
  readonly opcode: number
  readonly payload?: string | Uint8Array
  /** Instead of the payload's own. */
  readonly length?: bigint
}

/** One frame from a client (RFC 6455 section 5.2), masked with zeros so that the payload stands there as it is. */
export function webSocketFrame({ fin = true, rsv = 0, opcode, payload = '', length }: FrameOptions): Buffer {
  const bytes = Buffer.from(payload)
  const size = length ?? BigInt(bytes.length)
  const head = Buffer.alloc(size < 126n ? 2 : size < 65_536n ? 4 : 10)
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode
  head[1] = 0x80 | (head.length === 2 ? Number(size) : head.length === 4 ? 126 : 127)
  if (head.length === 4) head.writeUInt16BE(Number(size), 2)
  if (head.length === 10) head.writeBigUInt64BE(size, 2)
  return Buffer.concat([head, Buffer.alloc(4), bytes])
}

function parseResponse(received: Buffer): HttpResponse | undefined {
  const end = received.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [first = '', ...lines] = received.subarray(0, end).toString('latin1').split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1])
  const body = received.subarray(end + 4)
  const length = Number(headers['content-length'] ?? 0)
  if (body.length < length) return undefined
  return { status, headers, body: body.subarray(0, length).toString() }
}
