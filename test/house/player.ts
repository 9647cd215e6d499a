import { loadCodec } from '../../src/client/load-codec.ts'
import { connect, DrumbeatError, type GameClient, type GameEvent } from '../../src/client/index.ts'
import {
  roomChannel,
  userChannel,
  namespaceChannel,
  type Channel,
  type Namespace,
  type RoomId,
  type UserId,
} from '../../src/protocol/ids.ts'
import type { House } from '../helpers/house/house.ts'
import type { Wire } from '../helpers/house/socket.ts'
import { GamePlayer } from './game-player.ts'
import { WireCheck } from './wire-check.ts'

/** A time in a channel: the player has to get everything after `after` that was there at `until`. */
export interface Stay {
  readonly channel: Channel
  readonly after: number
  /** Undefined while it lasts. */
  until: number | undefined
}

/** A broadcast or message that the server took. */
export interface Accepted {
  readonly channel: Channel
  readonly offset: number
  readonly said: string
}

/** Codes that an honest request may get while things break. */
const EXPECTED = new Set([
  'UNAVAILABLE',
  'OUTCOME_UNKNOWN',
  'DRAINING',
  'NOT_IN_ROOM',
  'ROOM_NOT_FOUND',
  'USER_OFFLINE',
  'OVERLOADED',
  'RATE_LIMITED',
  'GOOD_NOT_FOUND',
  'OUT_OF_STOCK',
  'INSUFFICIENT_FUNDS',
])
const NAMESPACE = 'private' as Namespace

// Loaded before the clock is simulated: reading a file takes real time.
await loadCodec('msgpack')

/** A player with the real client library, who writes down what it is promised and what comes. */
export class Player {
  readonly name: UserId
  readonly stays: Stay[] = []
  readonly heard = new Map<Channel, number[]>()
  readonly accepted: Accepted[] = []
  readonly wrong: string[] = []
  /** The rooms this player wants to be in; a room whose last join or leave failed is in neither. */
  readonly sure = new Map<RoomId, boolean>()
  /** How many are in each room, as this player was told last, and the offset as of which it was told. */
  readonly members = new Map<RoomId, { readonly count: number; readonly offset: number }>()
  /** Nothing is broken any more: whatever is asked for has to be done. */
  mustSucceed = false
  underWay = 0
  readonly #house: House
  /** Names what this one says: a user may play on two devices. */
  readonly #device: string
  readonly games: GamePlayer
  #client: GameClient | undefined
  readonly #changes = new Map<RoomId, number>()
  #said = 0

  constructor(house: House, name: string, device: string) {
    this.#house = house
    this.#device = device
    this.name = name as UserId
    this.games = new GamePlayer({
      client: () => this.client,
      device,
      mayFail: (code) => !this.mustSucceed && EXPECTED.has(code),
      onLeft: (room) => this.#leave(roomChannel(NAMESPACE, room as RoomId)),
    })
  }

  /** Something that it does in a room with a game. */
  async inGame(done: Promise<void>): Promise<void> {
    this.underWay++
    await done
    this.underWay--
  }

  get client(): GameClient {
    if (!this.#client) throw new Error(`${this.name} is not connected`)
    return this.#client
  }

  async connect(encoding: 'json' | 'msgpack'): Promise<void> {
    const { url, network } = this.#house
    this.#client = await connect({
      url,
      namespace: NAMESPACE,
      token: () => this.#house.mint(this.name),
      encoding,
      connectTimeoutMs: 60_000,
      WebSocket: network.webSocket((wire) => this.#watch(wire)),
    })
    this.#client.on('*', (event) => this.#heard(event))
    this.#client.on('gap', ({ rooms }) => this.#restart(rooms))
    this.#client.on('status', (change) => {
      if (change.status === 'closed' && change.error !== undefined) this.wrong.push(`closed: ${change.reason}`)
    })
    this.#client.on(
      'error',
      (error) => isOfEnded(error) || this.wrong.push(`an error without a request: ${error.code} ${error.message}`),
    )
    this.#restart([])
  }

  #watch(wire: Wire): void {
    const check = new WireCheck((what) => this.wrong.push(`on the wire: ${what}`))
    wire.onFrame = (data) => check.frame(data)
  }

  async join(room: string): Promise<void> {
    const id = room as RoomId
    const isLast = this.#change(id)
    const joined = await this.#ask(this.client.join(room))
    if (!joined || !isLast()) return
    this.sure.set(id, true)
    this.#told(id, joined.members, joined.offset)
    this.stays.push({ channel: roomChannel(NAMESPACE, id), after: joined.offset, until: undefined })
  }

  async leave(room: string): Promise<void> {
    const id = room as RoomId
    const isLast = this.#change(id)
    const left = await this.#ask(this.client.leave(room).then(() => true))
    if (left === true && isLast()) this.sure.set(id, false)
  }

  /** A join or a leave is about to be asked for. Returns what tells whether no other one was asked for since. */
  #change(room: RoomId): () => boolean {
    const change = (this.#changes.get(room) ?? 0) + 1
    this.#changes.set(room, change)
    this.sure.delete(room)
    this.#leave(roomChannel(NAMESPACE, room))
    return () => this.#changes.get(room) === change
  }

  async broadcast(room: string | undefined, retain: boolean): Promise<void> {
    const said = this.#sentence()
    const options = { ...(room === undefined ? {} : { room }), retain }
    const answer = await this.#ask(this.client.broadcast(said, options))
    const channel = room === undefined ? namespaceChannel(NAMESPACE) : roomChannel(NAMESPACE, room as RoomId)
    if (answer) this.accepted.push({ channel, offset: answer.offset, said })
  }

  async sendMessage(to: string): Promise<void> {
    const said = this.#sentence()
    const answer = await this.#ask(this.client.sendMessage(to, said))
    if (answer) this.accepted.push({ channel: userChannel(to as UserId), offset: answer.offset, said })
  }

  async buy(good: string): Promise<void> {
    const receipt = await this.#ask(this.client.buyGood({ goodId: good, count: 1 }))
    if (receipt && receipt.user_id !== this.name) this.wrong.push(`a receipt of ${receipt.user_id}`)
  }

  async look(room: string | undefined): Promise<void> {
    await this.#ask(this.client.getState(room))
    await this.#ask(this.client.listPresence(room === undefined ? {} : { room_id: room }))
    await this.#ask(this.client.ping())
  }

  /** No two are the same, and some are long. */
  #sentence(): string {
    const { chance } = this.#house
    return `${this.#device} ${++this.#said} ${'.'.repeat(chance.happens(0.3) ? chance.integer(100, 2_000) : 0)}`
  }

  async #ask<T>(asked: Promise<T>): Promise<T | undefined> {
    this.underWay++
    try {
      return await asked
    } catch (error) {
      const code = error instanceof DrumbeatError ? error.code : String(error)
      if (this.mustSucceed || !EXPECTED.has(code)) this.wrong.push(`a request ended with ${String(error)}`)
      return undefined
    } finally {
      this.underWay--
    }
  }

  #heard(event: GameEvent): void {
    const channel = this.#channelOf(event)
    const offsets = this.heard.get(channel) ?? []
    this.heard.set(channel, offsets)
    const last = offsets.at(-1)
    if (last !== undefined && event.offset <= last) this.wrong.push(`${channel}: ${event.offset} after ${last}`)
    offsets.push(event.offset)
    const { members } = event.payload as { members?: unknown }
    if (event.room !== undefined && typeof members === 'number') this.#told(event.room as RoomId, members, event.offset)
  }

  #told(room: RoomId, count: number, offset: number): void {
    if (offset >= (this.members.get(room)?.offset ?? 0)) this.members.set(room, { count, offset })
  }

  #channelOf({ channel, room }: GameEvent): Channel {
    if (channel === 'user') return userChannel(this.name)
    return room === undefined ? namespaceChannel(NAMESPACE) : roomChannel(NAMESPACE, room as RoomId)
  }

  /**
   * The stay ends when the request is made, with the last event that was heard by then: whoever reads slowly may be out of the room
   * before the rest comes.
   */
  #leave(channel: Channel): void {
    for (const stay of this.stays) if (stay.channel === channel) stay.until ??= this.heard.get(channel)?.at(-1) ?? 0
  }

  /** A new session, or one that could not be recovered: what was before is gone. */
  #restart(rooms: readonly string[]): void {
    for (const stay of this.stays) stay.until ??= -1
    const after = this.client.session?.offset ?? 0
    const channels = [
      namespaceChannel(NAMESPACE),
      userChannel(this.name),
      // What is said in rooms with games is looked at by `GameCheck`.
      ...rooms.filter((room) => !isOfGame(room)).map((room) => roomChannel(NAMESPACE, room as RoomId)),
    ]
    for (const channel of channels) this.stays.push({ channel, after, until: undefined })
  }
}

function isOfGame(room: string): boolean {
  return room.includes(':')
}

/** A room that has ended while nothing of the history was left for this client. */
function isOfEnded({ code, message }: DrumbeatError): boolean {
  return (code === 'ROOM_NOT_FOUND' || code === 'ROOM_OVER') && message.includes('arena:')
}
