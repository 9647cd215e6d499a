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

/** After that a room that could not say how it goes on is asked again. */
export const ASK_AGAIN_MS = 500
/** Then it is in vain to ask again: the room ends, or the connection has left it. */
const FINAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ROOM_OVER',
  'ROOM_NOT_FOUND',
  'NOT_IN_ROOM',
  'GAME_NOT_FOUND',
  'MOVED',
])

/** How patches go to a connection. */
export function patchEncoding({ encoding }: Pick<Connection, 'encoding'>): 'json' | 'binary' {
  return encoding === 'json' ? 'json' : 'binary'
}

/**
 * One connection in a room with a game. It has the topic of what it sees; while its client reads too slowly it has none, and then it asks for
 * one patch from where it was. Answers and patches come in the order of the link, so the patch behind an answer fits it.
 */
export class Viewer {
  readonly connection: Connection
  readonly room: RoomId
  readonly #options: ViewerOptions
  #entry: About
  #topic: PatchTopic | undefined
  #tick = 0
  #isAsking = false
  /** What the client has comes to nothing: it needs the whole state. */
  #isStale = false
  #hasEnded = false

  constructor(options: ViewerOptions) {
    this.#options = options
    this.connection = options.connection
    this.room = options.room
    this.#entry = aboutOf(options.entry)
    this.#have(options.entry)
  }

  /** What the room is, without what it was at the join. */
  get entry(): About {
    return this.#entry
  }

  /** The room as it is now, whose game may be of another version meanwhile: what the client is told. Call `given` when it was. */
  renewed(entered: EnteredRoom): RoomGame {
    const entry = { ...entered, handle: this.#entry.handle }
    this.#entry = aboutOf(entry)
    return toRoomGame(entry, entry)
  }

  /** The client was given this state: what comes behind it fits. */
  given({ view, tick }: Pick<RoomSnapshot, 'view' | 'tick'>): void {
    if (this.#hasEnded) return
    this.#have({ view, tick })
  }

  /** The client reads too slowly: nothing is sent until `resume`. */
  pause(): void {
    if (this.#topic === undefined) return
    this.#tick = this.#topic.tick
    this.#options.topics.leave(this.#topic, this.connection.socket)
    this.#topic = undefined
  }

  /** The client has read what was sent. */
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
      // Meanwhile it was given something else, or that came to nothing.
      if (this.#isStale !== isStale || this.#tick !== base) this.resume()
      else if (result instanceof Refusal) this.#refused(result)
      else this.#send(result)
    }
    if (isStale) link.call('snapshot', { connectionId, room: this.room }, answered)
    else link.call('catchUp', { connectionId, room: this.room, base }, answered)
  }

  /** What the client has comes to nothing, as it sees something else from now on. */
  refresh(): void {
    this.pause()
    this.#isStale = true
    this.resume()
  }

  /** The connection is in the room no longer. */
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
    // Whatever it was, nothing of it is known: not even whether the room goes on from what the client has.
    setTimeout(() => this.resume(), ASK_AGAIN_MS)
  }
}

type About = Omit<GameEntry, 'state' | 'seats'>

function aboutOf({ state: _state, seats: _seats, ...about }: GameEntry): About {
  return about
}

/** What of a room the client is told: `data.game` of a join, and a snapshot's payload. */
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
