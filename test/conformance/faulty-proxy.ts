import { once } from 'node:events'
import { createServer, request as requestHttp, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { encodeFrame } from '../../src/protocol/codec.ts'
import { GAME_FRAME } from '../../src/protocol/game-bytes.ts'
import { decodeMsgpack } from '../../src/protocol/msgpack.ts'
import type { Owner, TestServer } from '../helpers/server.ts'
import { FrameReader, writeFrame, type RawFrame } from './web-socket-frames.ts'

export type Value = Readonly<Record<string, unknown>>

export interface Answer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What a server does wrong. Each is asked about everything that passes, and what it does not change passes as it is. */
export interface Faults {
  /** An answer in HTTP, be it to an upgrade or not. */
  readonly answer?: (answer: Answer, request: IncomingMessage) => Answer
  /** The headers of a 101. */
  readonly accept?: (headers: Answer['headers'], request: IncomingMessage) => Answer['headers']
  /** A frame of the server, decoded; what is given instead of it. */
  readonly frame?: (value: Value, line: Line) => readonly Value[]
  /** A frame of the client, decoded: looked at only. */
  readonly seen?: (value: Value, line: Line) => void
  readonly closeCode?: (code: number) => number
  /** A larger head is answered with 431. */
  readonly headBytesMax?: number
  /** The opcode of a data frame: 1 text, 2 binary. */
  readonly opcode?: (opcode: number) => number
}

/** One connection through the proxy. */
export interface Line {
  readonly url: string
  /** For the fault's own use. */
  readonly memory: Map<string, unknown>
  /** All that are open, this one included. */
  readonly all: ReadonlySet<Line>
  /** To the client, in its encoding. */
  readonly send: (value: Value) => void
  /** Closes it with this code. */
  readonly end: (code: number) => void
}

/**
 * A proxy in front of a real server that plants faults. By hand and not with a WebSocket library: bad handshakes and bad frames have to
 * reach the server as they are, and its answers the client.
 */
export async function startFaultyProxy(owner: Owner, server: TestServer, faults: Faults): Promise<string> {
  const { headBytesMax: maxHeaderSize = 65_536 } = faults
  const proxy = createServer({ maxHeaderSize }, (request, response) => void forward(server, request, response, faults))
  const sockets = new Set<Socket>()
  const lines = new Set<Line>()
  proxy.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  proxy.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    socket.on('error', () => socket.destroy())
    const asked = askServer(server, request)
    asked.on('upgrade', (response, upstream, early) => {
      if (early.length > 0) upstream.unshift(early)
      const headers = flat(response)
      socket.write(head(101, faults.accept?.(headers, request) ?? headers))
      splice({ socket, upstream, faults, lines, url: request.url ?? '' })
    })
    asked.on('response', (response) => {
      void readAnswer(response).then((answer) => socket.end(toText(faults.answer?.(answer, request) ?? answer)))
    })
    asked.on('error', () => socket.destroy())
    asked.end()
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  owner.teardown(async () => {
    for (const socket of sockets) socket.destroy()
    proxy.close()
    await once(proxy, 'close')
  })
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
}

function askServer({ port }: TestServer, { method, url, rawHeaders }: IncomingMessage) {
  const headers = rawHeaders as unknown as Record<string, string>
  return requestHttp({ host: '127.0.0.1', port, method, path: url, headers, agent: false })
}

async function forward(server: TestServer, request: IncomingMessage, response: ServerResponse, { answer }: Faults) {
  const asked = askServer(server, request)
  request.pipe(asked)
  const [came] = (await once(asked, 'response')) as [IncomingMessage]
  const real = await readAnswer(came)
  const { status, headers, body } = answer?.(real, request) ?? real
  const { 'transfer-encoding': _coding, connection: _connection, 'content-length': _length, ...kept } = headers
  response.writeHead(status, kept).end(body)
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return { status: response.statusCode ?? 0, headers: flat(response), body: Buffer.concat(chunks).toString() }
}

function flat({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}

function toText({ status, headers, body }: Answer): string {
  return head(status, { ...headers, 'content-length': String(Buffer.byteLength(body)) }) + body
}

function head(status: number, headers: Answer['headers']): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} Faulty\r\n${lines.join('')}\r\n`
}

interface Splice {
  readonly socket: Duplex
  readonly upstream: Duplex
  readonly faults: Faults
  readonly lines: Set<Line>
  readonly url: string
}

function splice({ socket, upstream, faults, lines, url }: Splice): void {
  let isBinary = false
  const line: Line = {
    url,
    memory: new Map(),
    all: lines,
    send: (value) => void socket.write(encode(value, isBinary, faults)),
    end: (code) => void socket.end(writeFrame(8, Buffer.of(code >> 8, code & 0xff))),
  }
  lines.add(line)
  const fromServer = new FrameReader()
  const fromClient = new FrameReader()
  upstream.on('data', (chunk: Buffer) => {
    // Packets of Engine.IO are no envelopes.
    if (url.includes('EIO=')) {
      socket.write(chunk)
      return
    }
    for (const frame of fromServer.push(chunk)) {
      if (frame.opcode === 2) isBinary = true
      socket.write(toClient(frame, line, faults))
    }
  })
  socket.on('data', (chunk: Buffer) => {
    if (faults.seen && !url.includes('EIO=')) for (const frame of fromClient.push(chunk)) look(frame, line, faults.seen)
    upstream.write(chunk)
  })
  for (const [one, other] of [
    [socket, upstream],
    [upstream, socket],
  ] as const) {
    one.on('error', () => other.destroy())
    one.on('end', () => other.end())
    one.on('close', () => {
      lines.delete(line)
      other.destroy()
    })
  }
}

function toClient({ opcode, payload, bytes }: RawFrame, line: Line, faults: Faults): Buffer {
  if (opcode === 8 && payload.length >= 2 && faults.closeCode) {
    payload.writeUInt16BE(faults.closeCode(payload.readUInt16BE(0)), 0)
    return writeFrame(8, payload)
  }
  if (opcode !== 1 && opcode !== 2) return bytes
  if (opcode === 2 && payload[0] === GAME_FRAME) return bytes
  const value = decode(opcode, payload)
  const instead = faults.frame?.(value, line) ?? [value]
  const isSame = instead.length === 1 && instead[0] === value && !faults.opcode
  return isSame ? bytes : Buffer.concat(instead.map((one) => encode(one, opcode === 2, faults)))
}

function encode(value: Value, isBinary: boolean, { opcode }: Faults): Buffer {
  const given = isBinary ? 2 : 1
  const kind = opcode?.(given) ?? given
  return writeFrame(kind, Buffer.from(encodeFrame(value, kind === 2 ? 'msgpack' : 'json')))
}

function decode(opcode: number, payload: Buffer): Value {
  return (opcode === 2 ? decodeMsgpack(payload) : JSON.parse(payload.toString())) as Value
}

/** What cannot be decoded is not looked at: bad frames are part of the cases. */
function look({ opcode, payload }: RawFrame, line: Line, seen: NonNullable<Faults['seen']>): void {
  try {
    if (opcode === 1 || opcode === 2) seen(decode(opcode, payload), line)
  } catch {
    // Not a fault's business.
  }
}
