import { decodeMsgpack, encodeMsgpack } from '../../../src/protocol/msgpack.ts'
import { isGameFrame } from '../../../src/protocol/game-frames.ts'
import type { Refused } from '../../../src/door/handshake.ts'
import type { Closed, Frame, Reply } from '../client.ts'
import type { House } from './house.ts'
import type { Wire } from './socket.ts'
import type { HouseWorker } from './worker.ts'

export interface PlainOptions {
  /** If it is undefined, the client is a guest. */
  readonly user?: string | undefined
  /** By default an hour. */
  readonly tokenLifetimeS?: number
  /** Used instead of a token that is made for the user. */
  readonly token?: string
  readonly encoding?: 'json' | 'msgpack'
  readonly query?: Readonly<Record<string, string>>
  readonly address?: string
  readonly worker?: HouseWorker
}

/** The parts of a house that a client needs. */
export type HouseDoor = Pick<House, 'time' | 'mint' | 'network' | 'url'>

export type Extra = Readonly<Record<string, unknown>>

const PREFIX = '/core/game/v1/real-time'
const REPLY = 'core.game.reply'
/** In simulated time. */
const PATIENCE_MS = 60_000

/**
 * A client that does nothing by itself: it only sends and receives frames. Methods that return a promise let the time of the
 * house pass until there is an answer.
 */
export class PlainClient {
  /** Every frame that came. */
  readonly frames: Frame[] = []
  readonly wire: Wire
  /** Undefined while it is open. */
  closed: Closed | undefined
  refused: Refused | undefined
  readonly #house: HouseDoor
  readonly #options: PlainOptions
  #requests = 0

  /** The client is still connecting when this returns. */
  constructor(house: HouseDoor, options: PlainOptions = {}) {
    this.#house = house
    this.#options = options
    const { user, tokenLifetimeS, encoding = 'json', query = {}, address = '127.0.0.1', worker } = options
    const token = options.token ?? (user === undefined ? undefined : house.mint(user, tokenLifetimeS))
    const url = new URL(`${house.url}${PREFIX}/${token === undefined ? 'public' : 'private'}`)
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
    const protocols = [`game.v1.${encoding}`, ...(token === undefined ? [] : [`bearer.${token}`])]
    this.wire = house.network.connect(url.href, protocols, {
      address,
      worker,
      onWire: () => {},
      onRefused: (refused) => (this.refused = refused),
    })
    this.wire.client.addEventListener('message', (event) => this.#received((event as { data: unknown }).data))
    this.wire.client.addEventListener('close', (event) => (this.closed = event as Closed))
  }

  /** Resolves when the first frame has come, or the connection was closed without one. */
  static async open(house: HouseDoor, options: PlainOptions = {}): Promise<PlainClient> {
    const client = new PlainClient(house, options)
    await client.until(() => client.frames.length > 0 || client.closed !== undefined, 'a first frame')
    return client
  }

  get ready(): Readonly<Record<string, unknown>> {
    return this.frames[0]?.payload ?? {}
  }

  get userId(): string {
    return String(this.ready['user_id'])
  }

  /** All frames except the first one and replies. */
  get events(): readonly Frame[] {
    return this.frames.slice(1).filter(({ eventType }) => eventType !== REPLY)
  }

  get replies(): readonly (Reply & Frame)[] {
    return this.frames.filter(({ eventType }) => eventType === REPLY) as unknown as readonly (Reply & Frame)[]
  }

  /** The messages of broadcasts, in the order in which they came. */
  get heard(): readonly unknown[] {
    return this.events.flatMap(({ eventType, payload }) =>
      eventType === 'core.game.state.broadcast' ? [payload?.['message']] : [],
    )
  }

  /** The query of a resume that continues where this connection is now, without the names of its rooms. */
  resumeQuery(): Readonly<Record<string, string>> {
    const { epoch, offset, resume_token } = this.ready
    const offsets = [offset, ...this.frames.map((frame) => frame['offset'])].filter((at) => typeof at === 'number')
    return { resume: String(resume_token), since: `${String(epoch)}:${Math.max(...offsets)}` }
  }

  /**
   * Connects again to any worker, and resumes. `options` replace those of this client. @param rooms null leaves out the names of
   * the rooms
   */
  resume(rooms: readonly string[] | null = [], options: PlainOptions = {}): Promise<PlainClient> {
    const { worker: _, ...before } = this.#options
    const named = rooms === null ? {} : { rooms: rooms.join() }
    const query = { ...this.resumeQuery(), ...named, ...options.query }
    return PlainClient.open(this.#house, { ...before, ...options, query })
  }

  /** Sends a value in the connection's encoding. */
  send(value: unknown): void {
    this.sendRaw(this.#options.encoding === 'msgpack' ? encodeMsgpack(value) : JSON.stringify(value))
  }

  /** Sends one frame with exactly this content. */
  sendRaw(data: string | Uint8Array): void {
    this.wire.client.send(data)
  }

  /** Sends a request without waiting. Returns its id. */
  request(eventType: string, payload: unknown, extra: Extra = {}): string {
    const id = `r${++this.#requests}`
    this.send({ id, eventType, payload, ...extra })
    return id
  }

  /** Sends a request. Resolves to its reply, whether it succeeded or not. */
  ask(eventType: string, payload: unknown, extra: Extra = {}): Promise<Reply> {
    return this.reply(this.request(eventType, payload, extra))
  }

  /** Waits for the reply to this id, which may have come already. */
  async reply(id: string): Promise<Reply> {
    const find = () => this.replies.find(({ replyTo }) => replyTo === id)
    await this.until(() => find() !== undefined || this.closed !== undefined, `a reply to ${id}`)
    const reply = find()
    if (!reply) throw new Error(`no reply to ${id}: closed with ${this.closed?.code} ${this.closed?.reason}`)
    return reply
  }

  /** Waits until the connection is closed. */
  async end(withinMs = PATIENCE_MS): Promise<Closed> {
    await this.until(() => this.closed !== undefined, 'the close', withinMs)
    return this.closed as Closed
  }

  /** Lets time pass until the condition holds. Throws if it never does. */
  async until(condition: () => boolean, what = 'that', withinMs = PATIENCE_MS): Promise<void> {
    if (await this.#house.time.until(condition, withinMs)) return
    throw new Error(`waited in vain for ${what}; the last frames: ${JSON.stringify(this.frames.slice(-3))}`)
  }

  /** Closes with a close frame. */
  async close(): Promise<void> {
    this.wire.client.close(1000)
    await this.end()
  }

  /** Cuts the connection, and the server notices at once. */
  cut(): void {
    this.wire.cut({ clientMs: 0, serverMs: 0 })
  }

  #received(data: unknown): void {
    this.frames.push(decode(data))
  }
}

function decode(data: unknown): Frame {
  if (typeof data === 'string') return JSON.parse(data) as Frame
  const bytes = new Uint8Array(data as ArrayBuffer)
  if (isGameFrame(bytes)) return { eventType: 'core.game.room.patch', bytes }
  return decodeMsgpack(bytes) as Frame
}
