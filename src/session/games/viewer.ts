import type { Link } from '../../link/link.ts'
import type { CatchUp, EnteredRoom, RoomSnapshot } from '../../link/methods/host.ts'
import type { PrimaryMethods } from '../../link/methods/primary.ts'
import type { GameEntry } from '../../link/methods/rooms.ts'
import type { WorkerMethods } from '../../link/methods/worker.ts'
import { Refusal, type ErrorCode } from '../../protocol/errors.ts'
import { EVENT, type JsonValue } from '../../protocol/events.ts'
import type { RoomId } from '../../protocol/ids.ts'
import type { RoomGame } from '../../protocol/shapes/games.ts'
import type { Connection } from '../connection.ts'
import type { PatchTopic, PatchTopics } from './patch-topics.ts'

export interface ViewerOptions {
  readonly connection: Connection
  readonly room: RoomId
  readonly entry: GameEntry
  readonly link: Pick<Link<WorkerMethods, PrimaryMethods>, 'call'>
  readonly topics: PatchTopics
}

/** After this time, a room that could not say how it goes on is asked again. */
export const ASK_AGAIN_MS = 500
/** Errors after which asking again is useless: the room has ended, or the connection has left it. */
const FINAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ROOM_OVER',
  'ROOM_NOT_FOUND',
  'NOT_IN_ROOM',
  'GAME_NOT_FOUND',
  'MOVED',
])

/** The encoding of patches to a connection. */
export function patchEncoding({ encoding }: Pick<Connection, 'encoding'>): 'json' | 'binary' {
  return encoding === 'json' ? 'json' : 'binary'
}

/**
 * One connection in a room with a game. It is subscribed to the topic of its view. While its client reads too slowly it has no
 * topic, and afterwards it asks for one patch from where it was. Answers and patches come in the order of the link, so the patch
 * that follows an answer fits it.
 */
export class Viewer {
  readonly connection: Connection
  readonly room: RoomId
  readonly #options: ViewerOptions
  #entry: About
  #topic: PatchTopic | undefined
  #tick = 0
  #isAsking = false
  /** Whether the state that the client has is useless, so that it must be sent a snapshot. */
  #isStale = false
  #hasEnded = false

  constructor(options: ViewerOptions) {
    this.#options = options
    this.connection = options.connection
    this.room = options.room
    this.#entry = aboutOf(options.entry)
    this.#have(options.entry)
  }

  /** What the room is, without the state and seats of the join. */
  get entry(): About {
    return this.#entry
  }

  /**
   * Takes over the room as it is now; its game may have a new version. Returns what to tell the client. Call `given` when the
   * client was told.
   */
  renewed(entered: EnteredRoom): RoomGame {
    const entry = { ...entered, handle: this.#entry.handle }
    this.#entry = aboutOf(entry)
    return toRoomGame(entry, entry)
  }

  /** The client was sent this state, and the patches that follow fit it. */
  given({ view, tick }: Pick<RoomSnapshot, 'view' | 'tick'>): void {
    if (this.#hasEnded) return
    this.#have({ view, tick })
  }

  /** The client reads too slowly. It is sent nothing until `resume`. */
  pause(): void {
    if (this.#topic === undefined) return
    this.#tick = this.#topic.tick
    this.#options.topics.leave(this.#topic, this.connection.socket)
    this.#topic = undefined
  }

  /** The client has read everything that was sent. */
  resume(): void {
    if (this.#topic !== undefined || this.#isAsking || this.#hasEnded || this.connection.lag !== undefined) return
    this.#isAsking = true
    const { link } = this.#options
    const connectionId = this.connection.id
    const base = this.#tick
    const isStale = this.#isStale
    const answered = (result: CatchUp | EnteredRoom | Refusal) => {
      this.#isAsking = false
      if (this.#hasEnded) return
      // Meanwhile the client was sent another state, or its state became useless.
      if (this.#isStale !== isStale || this.#tick !== base) this.resume()
      else if (result instanceof Refusal) this.#refused(result)
      else this.#send(result)
    }
    if (isStale) link.call('snapshot', { connectionId, room: this.room }, answered)
    else link.call('catchUp', { connectionId, room: this.room, base }, answered)
  }

  /** The client's state is useless from now on, because it gets another view. */
  refresh(): void {
    this.pause()
    this.#isStale = true
    this.resume()
  }

  /** The connection is no longer in the room. */
  end(): void {
    this.pause()
    this.#hasEnded = true
  }

  /** The socket is closed. */
  closed(): void {
    if (this.#topic !== undefined) this.#options.topics.gone(this.#topic)
    this.#topic = undefined
    this.#hasEnded = true
  }

  #have({ view, tick }: Pick<RoomSnapshot, 'view' | 'tick'>): void {
    const { connection } = this
    this.pause()
    this.#isStale = false
    this.#tick = tick
    if (connection.lag !== undefined) return
    const source = { handle: this.#entry.handle, view, encoding: patchEncoding(connection) }
    this.#topic = this.#options.topics.join(source, tick, connection.socket)
  }

  #send(result: CatchUp | EnteredRoom): void {
    if (!('kind' in result)) this.connection.sendInRoom(EVENT.roomSnapshot, this.room, this.renewed(result))
    else if (result.kind === 'snapshot')
      this.connection.sendInRoom(EVENT.roomSnapshot, this.room, toRoomGame(this.#entry, result))
    else if (result.kind === 'patch') this.connection.sendPatch(result.patch)
    this.#have(result)
  }

  #refused({ code }: Refusal): void {
    if (FINAL.has(code)) return
    // The error says nothing about the room, not even whether it goes on from the state that the client has.
    setTimeout(() => this.resume(), ASK_AGAIN_MS)
  }
}

type About = Omit<GameEntry, 'state' | 'seats'>

function aboutOf({ state: _state, seats: _seats, ...about }: GameEntry): About {
  return about
}

/** What the client is told of a room: `data.game` of the reply to a join, or the payload of a snapshot. */
export function toRoomGame(
  entry: Omit<GameEntry, 'state' | 'seats'>,
  { tick, seats, state, hash }: Pick<RoomSnapshot, 'tick' | 'seats' | 'state' | 'hash'>,
): RoomGame {
  return {
    name: entry.name,
    version: entry.version,
    handle: entry.handle,
    seat: entry.seat,
    tick,
    tick_ms: entry.tickMs,
    started_at: entry.startMs,
    types: entry.types,
    inputs: entry.inputs,
    seats,
    state: JSON.parse(state) as JsonValue,
    hash,
  }
}
