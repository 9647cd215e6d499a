import { Connection } from '../../../src/load/connection.ts'
import { drumbeatDialect } from '../../../src/load/drumbeat.ts'
import { dataFrame } from '../../../src/load/message.ts'
import { SERVER_EVENT } from '../../../src/protocol/events.ts'
import type { RoomGame } from '../../../src/protocol/shapes/games.ts'
import { webSocketFrame } from '../../helpers/raw.ts'
import type { TestServer } from '../../helpers/server.ts'

export interface WireReply {
  readonly success: boolean
  readonly error?: {
    readonly code: string
    readonly message: string
    readonly details?: { readonly retry_after_ms?: number }
  }
  readonly data?: { readonly room_id?: string; readonly game?: RoomGame }
}

export interface WireEvent {
  readonly eventType: string
  readonly room?: string
  readonly payload?: Readonly<Record<string, unknown>>
  readonly changes?: unknown
}

type Frame = WireReply & WireEvent & { readonly replyTo?: string }

export const PATH = '/core/game/v1/real-time'
const ANSWERED_MS_MAX = 30_000
const CLOSE = webSocketFrame({ opcode: 8, payload: Buffer.of(0x03, 0xe8) })
const NO_ANSWER: WireReply = { success: false, error: { code: 'NO_ANSWER', message: `none in ${ANSWERED_MS_MAX} ms` } }

/** A user on a bare socket who asks in JSON and gets answers. A process may have ten thousand of them. */
export class WireClient {
  readonly user: string
  readonly connection: Connection
  /** Called for each frame that is not an answer. */
  onEvent: (event: WireEvent) => void = () => {}
  readonly #answers = new Map<string, (reply: WireReply) => void>()
  #lastId = 0

  constructor(server: TestServer, user: string) {
    this.user = user
    const dialect = drumbeatDialect({ apiPathPrefix: PATH, encoding: 'json', token: () => server.mint(user) })
    this.connection = new Connection({ url: server.url, dialect, onData: (payload) => this.#onFrame(payload) })
  }

  /** Resolves to the answer, or to one with the code NO_ANSWER after 30 s. */
  ask(eventType: string, payload: object): Promise<WireReply> {
    const id = String(++this.#lastId)
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#answer(id, NO_ANSWER), ANSWERED_MS_MAX)
      this.#answers.set(id, (reply) => {
        clearTimeout(timer)
        resolve(reply)
      })
      this.#send({ id, eventType, payload })
    })
  }

  /** Asks for something without an answer. */
  tell(eventType: string, room: string, payload: object): void {
    this.#send({ eventType, room, payload })
  }

  /** Closes as the protocol says. */
  close(): void {
    this.connection.send(CLOSE)
  }

  /** Goes without a word. */
  cut(): void {
    this.connection.end()
  }

  #send(envelope: object): void {
    this.connection.send(dataFrame(JSON.stringify(envelope), false))
  }

  /** Returns whether the connection need not look at the frame. It waits for `ready` only. */
  #onFrame(payload: Buffer): boolean {
    const frame = JSON.parse(payload.toString()) as Frame
    if (frame.replyTo !== undefined) this.#answer(frame.replyTo, frame)
    else this.onEvent(frame)
    return frame.eventType !== SERVER_EVENT.ready
  }

  #answer(id: string, reply: WireReply): void {
    this.#answers.get(id)?.(reply)
    this.#answers.delete(id)
  }
}
