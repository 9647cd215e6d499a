import { PATIENCE_MS } from './patience.ts'
import { connect, type Socket } from 'node:net'
import { Waiter } from './waiter.ts'

export interface HttpResponse {
  readonly status: number
  /** Names are in lower case. If a name comes several times, the last value counts. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export const WEBSOCKET_KEY = 'dGhlIHNhbXBsZSBub25jZQ=='

export class RawConnection {
  readonly socket: Socket
  /** Milliseconds from the start to the end of the connection, however it ended. */
  readonly closed: Promise<number>
  readonly #came = new Waiter()
  #received = Buffer.alloc(0)

  constructor(port: number, localAddress?: string) {
    const startedMs = performance.now()
    this.socket = connect({ host: '127.0.0.1', port, ...(localAddress === undefined ? {} : { localAddress }) })
    this.socket.on('error', () => {}) // resets are expected; `closed` resolves all the same
    this.socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#came.wake()
    })
    // events.once() would not do: it rejects at the first 'error', and if a peer closes early, it answers what is still sent with
    // RST.
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

  /** Closes with RST instead of FIN. */
  reset(): void {
    this.socket.resetAndDestroy()
  }

  end(): void {
    this.socket.destroy()
  }

  /** Waits until the condition holds. It is checked whenever something came or the connection closed. */
  async until(condition: () => boolean, timeoutMs: number): Promise<void> {
    await this.#came.until(
      () => condition() || undefined,
      timeoutMs,
      () => `only: ${this.#received.toString()}`,
    )
  }

  /** Waits for the answer to a request, with its body. Resolves to undefined if the connection was closed without one. */
  async response(timeoutMs = PATIENCE_MS): Promise<HttpResponse | undefined> {
    const look = () => parseResponse(this.#received) ?? (this.socket.closed ? 'closed' : undefined)
    const found = await this.#came.until(look, timeoutMs, () => `no answer: ${this.#received.toString()}`)
    return found === 'closed' ? undefined : found
  }
}

/** Sends these bytes over a connection of their own. Resolves to the answer; the connection is closed then. */
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
  /** They replace those of a valid upgrade with the same names. Undefined leaves a header out. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  /** Whole lines, which are added unchanged after the others. */
  readonly lines?: readonly string[]
}

/** A valid upgrade of a guest, changed by the options. */
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
  /** By default true. */
  readonly fin?: boolean
  /** The bit of RSV1 is 4. */
  readonly rsv?: number
  /** 1: text, 2: binary, 0: continuation, 8: close, 9: ping */
  readonly opcode: number
  readonly payload?: string | Uint8Array
  /** Written instead of the payload's own length. */
  readonly length?: bigint
}

/** One frame of a client (RFC 6455 section 5.2). It is masked with zeros, so that the payload stays readable. */
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
