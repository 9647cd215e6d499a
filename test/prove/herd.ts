/** Guests that are dropped together and come back, each with its cursor. */
import { setTimeout as sleep } from 'node:timers/promises'
import { backoffMs } from '../../src/client/timing.ts'
import { FrameReader } from '../conformance/web-socket-frames.ts'
import { RawConnection, requestHead } from '../helpers/raw.ts'

/** How a client waits before an attempt, the first one included; in milliseconds. */
export type Manners = (attempt: number) => number

/** As our own client does it. */
export const polite: Manners = (attempt) => backoffMs(attempt, { baseMs: 500, maxMs: 20_000 })
/** All at once, and again at once. */
export const rude: Manners = (attempt) => (attempt === 0 ? 0 : 10)

const ATTEMPT_MS_MAX = 20_000
/** Each has ports for some 28,000 connections. */
const LOCAL_ADDRESSES = 8
const LOOK_EVERY_MS = 20
const HEAD_END = '\r\n\r\n'
const PATH = '/core/game/v1/real-time/public'

interface First {
  readonly resume_token: string
  readonly epoch: string
  readonly offset: number
  readonly recovered?: boolean
}

interface Frame {
  readonly eventType: string
  readonly offset?: number
  readonly prev?: number
  readonly payload: First
}

export class Guest {
  /** Events that it got. */
  events = 0
  /** What the protocol does not allow: a gap, an event twice, a session not recovered. */
  readonly wrong: string[] = []
  attempts = 0
  readonly #port: number
  readonly #localAddress: string
  #session: First | undefined
  #cursor = 0
  #connection: RawConnection | undefined

  constructor(port: number, index: number) {
    this.#port = port
    this.#localAddress = `127.0.0.${2 + (index % LOCAL_ADDRESSES)}`
  }

  get isConnected(): boolean {
    return this.#connection !== undefined && !this.#connection.socket.closed
  }

  drop(): void {
    this.#connection?.reset()
  }

  /** Tries until it is back and has had so many events in all. */
  async comeBack(manners: Manners, events: number): Promise<void> {
    for (let attempt = 0; this.events < events; attempt++) {
      await sleep(manners(attempt))
      if (!(await this.connect())) continue
      while (this.events < events && this.isConnected) await sleep(LOOK_EVERY_MS)
    }
  }

  /** true: its first frame came. false: it was refused, cut off, or not answered in time. */
  connect(): Promise<boolean> {
    this.attempts++
    const connection = new RawConnection(this.#port, this.#localAddress)
    this.#connection = connection
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const timer = setTimeout(() => connection.reset(), ATTEMPT_MS_MAX)
    void connection.closed.then(() => resolve(false))
    const reader = new FrameReader()
    let taken = 0
    connection.socket.on('data', () => {
      const { received } = connection
      if (taken === 0) {
        const end = received.indexOf(HEAD_END)
        if (end === -1) return
        if (received.toString('latin1', 0, 12) !== 'HTTP/1.1 101') {
          connection.reset()
          return
        }
        taken = end + HEAD_END.length
      }
      const frames = reader.push(received.subarray(taken))
      taken = received.length
      for (const { opcode, payload } of frames) {
        if (opcode === 1 && this.#take(JSON.parse(payload.toString()) as Frame)) resolve(true)
      }
    })
    connection.write(requestHead({ path: PATH + this.#query() }))
    return promise.finally(() => clearTimeout(timer))
  }

  #query(): string {
    if (!this.#session) return ''
    return `?resume=${this.#session.resume_token}&since=${this.#session.epoch}:${this.#cursor}`
  }

  /** true: it is the first frame. */
  #take({ eventType, offset, prev, payload }: Frame): boolean {
    if (eventType.startsWith('core.game.session.')) {
      if (this.#session && payload.recovered !== true) this.wrong.push('not recovered')
      if (!this.#session) this.#cursor = payload.offset
      this.#session = payload
      return true
    }
    if (offset === undefined || prev === undefined) this.wrong.push(eventType)
    else {
      if (offset <= this.#cursor) this.wrong.push(`${offset} came after ${this.#cursor}`)
      if (prev > this.#cursor) this.wrong.push(`nothing between ${this.#cursor} and ${offset}, which follows ${prev}`)
      this.#cursor = offset
      this.events++
    }
    return false
  }
}
