/** What a case brings about on a real connection. */
import { createHash } from 'node:crypto'
import { isUtf8 } from 'node:buffer'
import { Unpackr } from 'msgpackr'
import { SUBPROTOCOL, type Encoding } from '../../src/protocol/events.ts'
import { FrameReader, type RawFrame } from '../conformance/web-socket-frames.ts'
import { RawConnection, requestHead, WEBSOCKET_KEY, type HeadOptions } from '../helpers/raw.ts'
import { realTime } from '../helpers/real-time.ts'
import { until } from '../helpers/until.ts'
import { frameBytes } from './bytes.ts'
import { expected, type Case, type HandshakeCase, type Outcome, type Step } from './case.ts'
import { pong, short } from './short.ts'

/** How long to look for what should not come. */
const NOTHING_MS = 400
const PAUSE_MS = 30
const ACCEPT_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const HEAD_END = '\r\n\r\n'
/** Behind all that a case sends. */
const LAST = 'the last ping'
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' })

export interface Endpoint {
  readonly port: number
  /** Of the WebSocket. */
  readonly path: string
  /** A server may wait for the client's close frame, or for its FIN, which is as good. */
  readonly endsAfterClose?: true
  /** A pong comes behind all that was to be said to the frames before its ping. Else what is expected is waited for. */
  readonly answersInOrder?: boolean
}

interface Reply {
  readonly eventType: string
  readonly replyTo?: string
  readonly error?: { readonly code: string }
}

/** Plays one case over a connection of its own. Rejects where there is no handshake. */
export async function play(
  it: Case,
  encoding: Encoding,
  { port, path, endsAfterClose, answersInOrder = false }: Endpoint,
): Promise<Outcome> {
  const connection = new RawConnection(port)
  connection.socket.setNoDelay(true)
  try {
    const peer = new Peer(connection, encoding)
    if (endsAfterClose) connection.socket.on('data', () => peer.isClosing && connection.socket.end())
    const head = Buffer.from(requestHead({ path, headers: { 'sec-websocket-protocol': SUBPROTOCOL[encoding] } }))
    const groups = segments(it, encoding)
    connection.write(it.early ? Buffer.concat([head, groups.shift() as Buffer]) : head)
    await peer.ready()
    for (const group of groups) {
      if (group === 'pause') await realTime(PAUSE_MS)
      else if (group === 'end') connection.socket.end()
      else await write(connection, group, it.cut)
    }
    return await settle(it, encoding, peer, answersInOrder)
  } finally {
    connection.end()
  }
}

async function settle(it: Case, encoding: Encoding, peer: Peer, answersInOrder: boolean): Promise<Outcome> {
  const want = expected(it)
  if (mayFollow(it)) {
    peer.write(frameBytes({ op: 'ping', body: LAST }, encoding))
    await until(() => peer.isOver || (peer.sawLast && (answersInOrder || peer.outcome() === want)))
  } else if (/close|dropped/.test(want)) {
    await until(() => peer.isOver)
  } else await realTime(NOTHING_MS)
  return peer.outcome()
}

/** Whether another frame may be sent, so that a ping can show that the connection is open. */
function mayFollow({ send, unfinished }: Case): boolean {
  const isEnd = (step: Step) => step === 'end' || (typeof step === 'object' && 'op' in step && step.op === 'close')
  return !unfinished && !send.some(isEnd)
}

/** What is sent between two pauses. */
function segments({ send }: Case, encoding: Encoding): ('pause' | 'end' | Buffer)[] {
  const groups: ('pause' | 'end' | Buffer)[] = []
  for (const step of send) {
    const last = groups.at(-1)
    if (typeof step === 'string') groups.push(step)
    else if (Buffer.isBuffer(last)) groups[groups.length - 1] = Buffer.concat([last, stepBytes(step, encoding)])
    else groups.push(stepBytes(step, encoding))
  }
  return groups
}

function stepBytes(step: Exclude<Step, string>, encoding: Encoding): Buffer {
  if ('hex' in step) return Buffer.from(step.hex, 'hex')
  if ('op' in step) return frameBytes(step, encoding)
  const one = frameBytes(step.frame, encoding)
  return Buffer.concat(Array.from({ length: step.times }, () => one))
}

/** One segment; or many, as the kernel has sent each by the time that the next is written. */
async function write(connection: RawConnection, bytes: Buffer, cut = Infinity): Promise<void> {
  for (let at = 0; at < bytes.length && !connection.socket.destroyed; at += cut) {
    connection.write(bytes.subarray(at, at + cut))
    if (cut < bytes.length) await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Reads what the server says, and is strict with it. */
class Peer {
  readonly #connection: RawConnection
  readonly #encoding: Encoding
  readonly #reader = new FrameReader()
  readonly #came: string[] = []
  #taken = 0
  #isReady = false
  #isClosing = false
  sawLast = false

  constructor(connection: RawConnection, encoding: Encoding) {
    this.#connection = connection
    this.#encoding = encoding
  }

  get isOver(): boolean {
    this.#take()
    return this.#connection.socket.closed
  }

  get isClosing(): boolean {
    this.#take()
    return this.#isClosing
  }

  async ready(): Promise<void> {
    await until(() => this.isOver || this.#isReady)
    if (!this.#isReady) throw new Error(`no first frame: ${this.#connection.received.toString('latin1')}`)
  }

  write(bytes: Uint8Array): void {
    this.#connection.write(bytes)
  }

  outcome(): Outcome {
    this.#take()
    const { closed } = this.#connection.socket
    const came = [...this.#came]
    if (closed !== this.#isClosing) came.push(closed ? 'dropped' : 'TCP open')
    return inRuns(came).join(', ') || 'open'
  }

  #take(): void {
    const { received } = this.#connection
    if (this.#taken === 0) {
      const end = received.indexOf(HEAD_END)
      if (end === -1 || !received.toString('latin1', 0, 12).startsWith('HTTP/1.1 101')) return
      this.#taken = end + HEAD_END.length
    }
    const frames = this.#reader.push(Buffer.from(received.subarray(this.#taken)))
    this.#taken = received.length
    for (const frame of frames) {
      const said = this.#read(frame)
      if (said !== undefined) this.#came.push(said)
    }
  }

  #read(frame: RawFrame): string | undefined {
    const wrong = complaint(frame)
    if (wrong !== undefined) return wrong
    if (this.#isClosing) return `opcode ${frame.opcode} after close`
    if (frame.opcode === 8) {
      this.#isClosing = true
      return frame.payload.length === 0 ? 'close' : `close ${frame.payload.readUInt16BE(0)}`
    }
    if (frame.opcode === 10) {
      const text = short(frame.payload)
      this.sawLast ||= text === LAST
      return text === LAST ? undefined : pong(frame.payload)
    }
    if (frame.opcode !== (this.#encoding === 'json' ? 1 : 2)) return `opcode ${frame.opcode}`
    const message = (
      this.#encoding === 'json' ? JSON.parse(frame.payload.toString()) : unpackr.unpack(frame.payload)
    ) as Reply
    if (!this.#isReady) {
      this.#isReady = true
      return undefined
    }
    return message.error ? `refused ${message.error.code}` : `reply ${message.replyTo ?? ''}`
  }
}

/** What RFC 6455 does not let a server send; undefined where it does. */
function complaint({ bytes, opcode, payload }: RawFrame): string | undefined {
  const [first = 0, second = 0] = bytes
  if ((first & 0x70) !== 0) return 'a reserved bit'
  if ((first & 0x80) === 0) return 'a fragment'
  if ((second & 0x80) !== 0) return 'a masked frame'
  const fewest = payload.length < 126 ? 2 : payload.length < 65_536 ? 4 : 10
  if (bytes.length - payload.length !== fewest) return 'a length in too many bytes'
  if (opcode >= 8 && payload.length > 125) return 'a control frame that is too long'
  if (opcode === 8 && payload.length === 1) return 'half a close code'
  if ((opcode === 1 && !isUtf8(payload)) || (opcode === 8 && !isUtf8(payload.subarray(2)))) return 'invalid UTF-8'
  return undefined
}

/** `3 × reply a` instead of three of them. */
function inRuns(tokens: readonly string[]): string[] {
  const runs: { token: string; times: number }[] = []
  for (const token of tokens) {
    const last = runs.at(-1)
    if (last?.token === token) last.times++
    else runs.push({ token, times: 1 })
  }
  return runs.map(({ token, times }) => (times === 1 ? token : `${times} × ${token}`))
}

/** How an opening handshake is answered. */
export async function shakeHands(it: HandshakeCase, { port, path }: Endpoint): Promise<Outcome> {
  const connection = new RawConnection(port)
  try {
    const options: HeadOptions = { path, ...it }
    await write(connection, Buffer.from(requestHead(options), 'latin1'), it.cut)
    const response = await connection.response()
    if (!response) return 'dropped'
    if (response.status !== 101) return String(response.status)
    const key = it.headers?.['sec-websocket-key'] ?? WEBSOCKET_KEY
    const accept = createHash('sha1')
      .update(key + ACCEPT_GUID)
      .digest('base64')
    const { headers } = response
    return [
      '101',
      ...(headers['sec-websocket-accept'] === accept ? [] : ['wrong accept']),
      ...(/^websocket$/i.test(headers['upgrade'] ?? '') ? [] : ['no upgrade']),
      ...(/^upgrade$/i.test(headers['connection'] ?? '') ? [] : ['no connection']),
      ...(headers['sec-websocket-protocol'] === undefined ? [] : [headers['sec-websocket-protocol']]),
      ...(headers['sec-websocket-extensions'] === undefined ? [] : ['extensions']),
    ].join(', ')
  } finally {
    connection.end()
  }
}
