import type { Connection } from '../connections/connection.ts'
import type { RoomDefinition } from '../domain/room.ts'
import type { JsonValue } from '../protocol/events.ts'
import type { GameRoom } from '../link/methods/games.ts'
import type { GameInfo, OpenRoom, RoomListing } from '../link/methods/host.ts'
import { Refusal } from '../protocol/errors.ts'
import type { Namespace, RoomId } from '../protocol/ids.ts'
import type { Password } from './passwords.ts'
import { Viewers, type Viewer } from './viewers.ts'

/**
 * `opening`: a host was asked to make the room. `moving`: its host is gone or was asked to stop the room. `ending`: its end is
 * being announced.
 */
export type RoomPhase = 'opening' | 'running' | 'moving' | 'ending'

/** A call that waits until the room runs. */
export interface Waiting {
  /** Called when the room runs. */
  readonly go: () => void
  /** Called when the room has ended, or could not be made. */
  readonly ended: (why: Refusal) => void
}

/** What a viewer did while no host ran its room. */
export interface Departure {
  readonly viewer: Viewer
  readonly how: 'exit' | 'leave'
}

/** A host's checkpoint of a room, from which another host can go on. */
export interface RoomCheckpoint {
  readonly tick: number
  /** JSON that only hosts read. */
  readonly text: string
}

/** The record of a tick, kept until a checkpoint includes it. */
export interface KeptRecord {
  readonly tick: number
  readonly bytes: Uint8Array
}

/** The state of a room at the tick in which another host took it over. */
export interface HandedOver {
  readonly checkpoint: RoomCheckpoint
  /** The generation of the host that it had before. */
  readonly generation: number
  /** The records that have come since. */
  readonly records: KeptRecord[]
}

/** What is known of a room from before the node's start. */
export interface EarlierLife {
  readonly checkpoint: RoomCheckpoint
  readonly records: readonly KeptRecord[]
  readonly users: ReadonlySet<string>
  /** See `PlacedRoom.awaySinceMs`. */
  readonly awaySinceMs: number
  /** Whether other code than that of the present hosts made its records. */
  readonly isOtherCode: boolean
}

/** If a room ends a second host within this time, the room is ended itself. */
const BLAMED_MS = 600_000

/** How many sessions of one room may come back to it without its password. */
const SESSIONS_MAX = 10_000
/** For how many sessions it is remembered which connection sent the last input. */
const SPEAKING_MAX = 10_000

const NOT_LISTED: RoomListing = { seats: 0, bots: 0, yielding: 0, isLocked: false, listing: null }

/** A room with a game of this node: its host, its viewers, and what another host needs to go on with it. */
export class PlacedRoom {
  readonly opened: OpenRoom
  readonly namespace: Namespace
  /** The game as the room's host has it. */
  game: GameInfo
  readonly password: Password | undefined
  /** Whether it is recorded from its first tick on. */
  readonly isRecorded: boolean
  /** The share key of the user whose search has made it. Undefined if an operator made it. */
  readonly madeBy: string | undefined
  readonly viewers = new Viewers()
  readonly #seated = new Set<string>()
  /** Users on the way to a seat, and the number of requests of each. */
  readonly #coming = new Map<string, number>()
  /** See `seatsTaken`. Undefined if something has changed since it was counted. */
  #seatsTaken: number | undefined
  #listing = NOT_LISTED
  /** Users who have given up their seat, and how many times that is not confirmed yet. */
  readonly leaving = new Map<string, number>()
  /** For the same users, the highest number of a connection that was on its way to the seat when it was given up. */
  readonly leftUpTo = new Map<string, number>()
  /** The sessions that were let in, and their roles. They come back in these roles, without the password. */
  readonly sessions = new Map<string, 'player' | 'spectator'>()
  /** For each session, the arrival of the newest connection that has sent an input. */
  readonly #speaking = new Map<string, number>()
  phase: RoomPhase = 'opening'
  /** The host that runs it or was asked to run it. */
  host: number | undefined
  /** The generation of the last host that ran it. Older code may not understand the state that it has reached there. */
  generation = 0
  /** Whether other code than that of `generation` made some of its records. */
  hasOthersRecords = false
  /** The state in which a successor of its host took it over. Undefined once the successor has proved itself. */
  handedOver: HandedOver | undefined
  /** The newest tick whose messages have come. */
  #heard = -1
  /** Messages of ticks up to this one have come from an earlier host. */
  #heardBefore = -1
  /** How often it has stopped in a host. Answers of earlier hosts do not count any more. */
  moves = 0
  /** Whether the maker of the room has locked it, so that nobody new gets a seat. The game may unlock it. */
  isLockedByMaker: boolean
  checkpoint: RoomCheckpoint | undefined
  /** The tick of the latest checkpoint that was given to the journal. */
  journaledTick = -1
  /** Whether a checkpoint waits until the events of the earlier ticks are in the log. Only then does it go into the journal. */
  isCheckpointWaiting = false
  /**
   * When the node stopped, by the clock of rooms, for a room from before the node's start that does not run again yet. Otherwise
   * undefined.
   */
  awaySinceMs: number | undefined
  isOfEarlierLife = false
  /** The records after the checkpoint. */
  records: KeptRecord[] = []
  recordBytes = 0
  /** How many of its hosts have died since the last checkpoint. */
  lost = 0
  /** Whether a host had to be ended because of it. */
  isSuspect = false
  #blamedAtMs = -Infinity
  /** The calls that wait until it runs. */
  waiting: Waiting[] = []
  departures: Departure[] = []
  /** The answer to calls once it has ended. */
  whyEnded = new Refusal('ROOM_OVER', 'the room is over')

  /** Resolves when the room is gone. */
  readonly gone: Promise<void>
  markGone: () => void = () => {}

  constructor(options: {
    readonly opened: OpenRoom
    readonly namespace: Namespace
    readonly game: GameInfo
    readonly password: Password | undefined
    readonly isLocked: boolean
    readonly isRecorded: boolean
    readonly madeBy?: string | undefined
  }) {
    this.opened = options.opened
    this.namespace = options.namespace
    this.game = options.game
    this.password = options.password
    this.isLockedByMaker = options.isLocked
    this.isRecorded = options.isRecorded
    this.madeBy = options.madeBy
    this.gone = new Promise((resolve) => (this.markGone = resolve))
  }

  get id(): RoomId {
    return this.opened.roomId as RoomId
  }

  get handle(): number {
    return this.opened.handle
  }

  /** Whether it runs. A room of an earlier life of the node does when it has come back. */
  get isThere(): boolean {
    return this.awaySinceMs === undefined && (this.phase === 'running' || this.phase === 'moving')
  }

  get isLocked(): boolean {
    return this.isLockedByMaker || this.listing.isLocked
  }

  /** The last tick that is in the journal. */
  get tick(): number {
    return this.records.at(-1)?.tick ?? this.checkpoint?.tick ?? 0
  }

  /** The users who have a seat, as far as this node knows. */
  get seated(): ReadonlySet<string> {
    return this.#seated
  }

  get listing(): RoomListing {
    return this.#listing
  }

  set listing(listing: RoomListing) {
    this.#listing = listing
    this.#seatsTaken = undefined
  }

  /**
   * How many seats a newcomer cannot have: those that are taken, except by bots that give way, and those that users are on the
   * way to. A search asks this of every room of its game, so it is counted only after a change.
   */
  get seatsTaken(): number {
    this.#seatsTaken ??= this.#countTaken()
    return this.#seatsTaken
  }

  /** Whether the user has a seat, or is on the way to one. */
  expects(user: string): boolean {
    return this.#seated.has(user) || this.#coming.has(user)
  }

  get isFull(): boolean {
    return this.seatsTaken >= this.game.seats.max
  }

  reserve(user: string): void {
    this.#coming.set(user, (this.#coming.get(user) ?? 0) + 1)
    this.#seatsTaken = undefined
  }

  release(user: string): void {
    const left = (this.#coming.get(user) ?? 0) - 1
    if (left > 0) this.#coming.set(user, left)
    else this.#coming.delete(user)
    this.#seatsTaken = undefined
  }

  seat(user: string): void {
    this.#seated.add(user)
    this.#seatsTaken = undefined
  }

  unseat(user: string): void {
    this.#seated.delete(user)
    this.#seatsTaken = undefined
  }

  unseatAll(): void {
    this.#seated.clear()
    this.#seatsTaken = undefined
  }

  #countTaken(): number {
    let coming = 0
    for (const user of this.#coming.keys()) if (!this.#seated.has(user)) coming++
    const { seats, yielding } = this.#listing
    return Math.max(seats - yielding, this.#seated.size) + coming
  }

  /**
   * Sets up a room from before the node's start.
   * @param users assumed to have a seat until its host says who has one
   */
  returns({ checkpoint, records, users, awaySinceMs, isOtherCode }: EarlierLife): void {
    this.isOfEarlierLife = true
    this.awaySinceMs = awaySinceMs
    this.journaledTick = checkpoint.tick
    this.keepCheckpoint(checkpoint)
    for (const record of records) this.keep(record)
    this.hasOthersRecords = isOtherCode && records.length > 0
    for (const user of users) this.seat(user)
  }

  /** Resolves when the room runs or is gone. Call this while it does not run. */
  settled(): Promise<void> {
    return new Promise((resolve) => this.waiting.push({ go: resolve, ended: () => resolve() }))
  }

  /** Call this when another host goes on from a checkpoint. It repeats messages that were sent since. */
  saysAgain(): void {
    this.#heardBefore = this.#heard
  }

  /** Returns whether the messages of this tick are new. */
  hears(tick: number): boolean {
    this.#heard = Math.max(this.#heard, tick)
    return tick > this.#heardBefore
  }

  keep(record: KeptRecord): void {
    this.records.push(record)
    this.recordBytes += record.bytes.length
    this.handedOver?.records.push(record)
  }

  /** Returns to the state in which it was handed over, with the records that have come since. */
  takeBack({ checkpoint, records, generation }: HandedOver): void {
    this.handedOver = undefined
    this.generation = generation
    this.records = records
    this.keepCheckpoint(checkpoint)
    this.hasOthersRecords = this.records.length > 0
  }

  /** Remembers that the viewer's session was let in. */
  remember({ connection: { session }, as }: Viewer): void {
    if (session === undefined) return
    if (this.sessions.size < SESSIONS_MAX || this.sessions.has(session)) this.sessions.set(session, as)
  }

  /** The role in which the connection's session was last let in. Undefined if it is not known. */
  roleOf({ session }: Connection): Viewer['as'] | undefined {
    return session === undefined ? undefined : this.sessions.get(session)
  }

  /** Whether the host let the viewer in before it was told that the user, with another connection, gave up the seat. */
  hasLeft({ seat, number }: Viewer): boolean {
    return seat !== null && number <= (this.leftUpTo.get(seat) ?? 0)
  }

  /** Notes that the connection has sent an input. Returns false if a newer connection of its session has sent one before. */
  speaks({ session, arrival }: Connection): boolean {
    if (session === undefined || arrival === undefined) return true
    const newest = this.#speaking.get(session)
    if (newest === undefined && this.#speaking.size >= SPEAKING_MAX) return true
    if (arrival < (newest ?? 0)) return false
    this.#speaking.set(session, arrival)
    return true
  }

  /** Keeps the checkpoint, and forgets the records that it includes. */
  keepCheckpoint(checkpoint: RoomCheckpoint): void {
    this.checkpoint = checkpoint
    this.records = this.records.filter(({ tick }) => tick > checkpoint.tick)
    this.recordBytes = this.records.reduce((sum, { bytes }) => sum + bytes.length, 0)
    this.hasOthersRecords &&= this.records.length > 0
    this.lost = 0
  }

  /**
   * Notes that a host had to be ended because of this room. Returns whether that happened a short time ago, too. A checkpoint in
   * between does not change that, because a game that uses up the memory makes some before it has used all of it.
   */
  blame(nowMs: number): boolean {
    const isAgain = nowMs - this.#blamedAtMs < BLAMED_MS
    this.#blamedAtMs = nowMs
    this.isSuspect = true
    return isAgain
  }

  toDefinition(capacity: number): RoomDefinition {
    return { room_id: this.id, namespace: this.namespace, capacity, delivery: 'must', game: this.game.name }
  }

  toListed(): GameRoom {
    const { max } = this.game.seats
    return {
      room_id: this.id,
      namespace: this.namespace,
      game: this.game.name,
      seats: Math.max(this.listing.seats, this.seated.size),
      bots: this.listing.bots,
      seats_free: this.isLocked ? 0 : Math.max(0, max - this.seatsTaken),
      seats_max: max,
      is_locked: this.isLocked,
      listing: this.listing.listing satisfies JsonValue,
    }
  }
}
