/**
 * Neighbours who ask for as much as they may, in a process of their own. The first line of its standard input is a `CrowdJob` as JSON. It says
 * `ready` when all are connected, begins at the second line, and says what it did, a `CrowdDone` as JSON. What the server sends is counted and not looked at.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { dataFrame } from '../../../src/load/message.ts'

export interface CrowdJob {
  readonly port: number
  readonly seconds: number
  readonly members: readonly Member[]
}

export interface Member {
  /** Of loopback: each has its own. */
  readonly address: string
  readonly perSecond: number
  /** Of a socket, or of what is asked for over HTTP. */
  readonly path: string
  /** Undefined: HTTP requests. */
  readonly socket?: {
    readonly protocol: string
    /** Sent once, before all others; `$room` stands for the room of the last answer that has one, `$user` for its user. */
    readonly first: readonly string[]
    /** Sent in turn. */
    readonly frames: readonly string[]
  }
}

export interface CrowdDone {
  readonly sent: number
  readonly wanted: number
  readonly receivedBytes: number
  /** Replies that were looked at, and those of them that were no refusals. */
  readonly replies: number
  readonly successes: number
  /** Connections that the server closed. */
  readonly closed: number
}

const TICK_MS = 10
const SETTLE_MS = 500
/** Of what the server sends: to look at all of it would take as long as the server has. */
const LOOK_AT_EACH = 8
/** Who does not read has to be waited for. */
const UNSENT_BYTES_MAX = 1024 * 1024
const HEAD_END = '\r\n\r\n'

/** One of them, with one connection. */
abstract class Neighbour {
  sent = 0
  receivedBytes = 0
  replies = 0
  successes = 0
  isClosed = false
  protected readonly conn: Socket
  protected readonly member: Member

  constructor(member: Member, port: number) {
    this.member = member
    this.conn = connect({ host: '127.0.0.1', port, localAddress: member.address, noDelay: true })
    this.conn.on('error', () => {})
    this.conn.on('close', () => (this.isClosed = true))
    this.conn.on('data', (chunk: Buffer) => {
      this.receivedBytes += chunk.length
      this.came(chunk)
    })
  }

  abstract open(): Promise<void>
  abstract came(chunk: Buffer): void
  /** So many may have been sent by now. */
  abstract sendUpTo(count: number): void

  end(): void {
    this.conn.destroy()
  }
}

class SocketNeighbour extends Neighbour {
  #room = ''
  #user = ''
  #frames: readonly Buffer[] = []
  #chunks = 0

  async open(): Promise<void> {
    const { path, socket } = this.member
    await once(this.conn, 'connect')
    const head = [
      `GET ${path} HTTP/1.1`,
      'Host: 127.0.0.1',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      `Sec-WebSocket-Protocol: ${socket?.protocol ?? ''}`,
    ]
    this.conn.write(head.join('\r\n') + HEAD_END)
    await sleep(SETTLE_MS)
    for (const first of socket?.first ?? []) {
      this.conn.write(this.#toFrame(first))
      await sleep(SETTLE_MS)
    }
    this.#frames = socket?.frames.map((frame) => this.#toFrame(frame)) ?? []
  }

  came(chunk: Buffer): void {
    if (this.#frames.length > 0) {
      if (this.#chunks++ % LOOK_AT_EACH === 0) this.#countReplies(chunk.toString('latin1'))
      return
    }
    const text = chunk.toString('latin1')
    this.#room = /"room_id":"([^"]+)"/.exec(text)?.[1] ?? this.#room
    this.#user = /"user_id":"([^"]+)"/.exec(text)?.[1] ?? this.#user
  }

  sendUpTo(count: number): void {
    while (this.sent < count && !this.isClosed && this.conn.writableLength < UNSENT_BYTES_MAX) {
      const frame = this.#frames[this.sent % this.#frames.length]
      if (frame) this.conn.write(frame)
      this.sent++
    }
  }

  #countReplies(text: string): void {
    const successes = text.split('"success":true').length - 1
    this.successes += successes
    this.replies += successes + text.split('"success":false').length - 1
  }

  #toFrame(text: string): Buffer {
    return Buffer.from(dataFrame(text.replaceAll('$room', this.#room).replaceAll('$user', this.#user), false))
  }
}

/** The next request leaves when the answer to the one before is there. */
class HttpNeighbour extends Neighbour {
  #isWaiting = false
  #left = 0
  #head = ''
  #due = 0

  async open(): Promise<void> {
    await once(this.conn, 'connect')
  }

  came(chunk: Buffer): void {
    if (this.#left > 0) this.#left -= chunk.length
    else {
      this.#head += chunk.toString('latin1')
      const end = this.#head.indexOf(HEAD_END)
      if (end < 0) return
      const length = Number(/content-length: (\d+)/i.exec(this.#head)?.[1] ?? 0)
      this.#left = length - (this.#head.length - end - HEAD_END.length)
      this.#head = ''
    }
    if (this.#left > 0) return
    this.#isWaiting = false
    this.sendUpTo(this.#due)
  }

  sendUpTo(count: number): void {
    this.#due = count
    if (this.#isWaiting || this.sent >= count || this.isClosed) return
    this.#isWaiting = true
    this.sent++
    this.conn.write(`GET ${this.member.path} HTTP/1.1\r\nHost: 127.0.0.1${HEAD_END}`)
  }
}

const lines = createInterface({ input: process.stdin })

async function run(): Promise<void> {
  const [job] = (await once(lines, 'line')) as [string]
  const { port, seconds, members } = JSON.parse(job) as CrowdJob
  const crowd = members.map((member) =>
    member.socket ? new SocketNeighbour(member, port) : new HttpNeighbour(member, port),
  )
  await Promise.all(crowd.map((neighbour) => neighbour.open()))
  console.log('ready')
  await once(lines, 'line')
  const fromMs = performance.now()
  for (let passedMs = 0; passedMs < seconds * 1000; passedMs = performance.now() - fromMs) {
    for (const [i, neighbour] of crowd.entries()) {
      neighbour.sendUpTo(Math.floor(((members[i]?.perSecond ?? 0) * passedMs) / 1000))
    }
    await sleep(TICK_MS)
  }
  const sum = (of: (neighbour: Neighbour) => number) => crowd.reduce((total, neighbour) => total + of(neighbour), 0)
  const done: CrowdDone = {
    sent: sum(({ sent }) => sent),
    wanted: members.reduce((total, { perSecond }) => total + perSecond * seconds, 0),
    receivedBytes: sum(({ receivedBytes }) => receivedBytes),
    replies: sum(({ replies }) => replies),
    successes: sum(({ successes }) => successes),
    closed: sum(({ isClosed }) => Number(isClosed)),
  }
  for (const neighbour of crowd) neighbour.end()
  console.log(JSON.stringify(done))
  lines.close()
}

await run()
