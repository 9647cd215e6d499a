import type { Connection } from '../connections/connection.ts'
import type { RoomDefinition } from '../domain/room.ts'
import type { JsonValue } from '../protocol/events.ts'
import type { GameRoom } from '../link/methods/games.ts'
import type { GameInfo, OpenRoom, RoomListing } from '../link/methods/host.ts'
import { Refusal } from '../protocol/errors.ts'
import type { Namespace, RoomId, UserId } from '../protocol/ids.ts'
import type { Password } from './passwords.ts'
import { Viewers, type Viewer } from './viewers.ts'

/** `opening`: its host was asked to make it. `moving`: its host is gone, or was asked to let it go. `ending`: its last word is on its way. */
export type RoomPhase = 'opening' | 'running' | 'moving' | 'ending'

/** A call that waits until the room runs. */
export interface Waiting {
  /** The room runs. */
  readonly go: () => void
  /** The room has ended, or never began. */
  readonly ended: (why: Refusal) => void
}

/** What a viewer did while its room had no host. */
export interface Departure {
  readonly viewer: Viewer
  readonly how: 'exit' | 'leave'
}

/** What a host has said of a room, so that another one can go on from there. */
export interface RoomCheckpoint {
  readonly tick: number
  /** JSON, which only hosts read. */
  readonly text: string
}

/** A tick's record, kept until a checkpoint stands for it. */
export interface KeptRecord {
  readonly tick: number
  readonly bytes: Uint8Array
}

/** A room at the tick in which another host took it over. */
export interface HandedOver {
  readonly checkpoint: RoomCheckpoint
  /** Of the host that it had. */
  readonly generation: number
  /** What has come in since. */
  readonly records: KeptRecord[]
}

/** What is known of a room of an earlier life of the node. */
export interface EarlierLife {
  readonly checkpoint: RoomCheckpoint
  readonly records: readonly KeptRecord[]
  readonly users: ReadonlySet<string>
  /** See `PlacedRoom.awaySinceMs`. */
  readonly awaySinceMs: number
  /** Its records were made by other code than the hosts have now. */
  readonly isOtherCode: boolean
}

/** How long it is remembered that a host had to be ended for a room. */
const BLAMED_MS = 600_000

/** Sessions of which it is known which connection has sent inputs last. */
const SPEAKING_MAX = 10_000

const NOT_LISTED: RoomListing = { seats: 0, bots: 0, yielding: 0, isLocked: false, listing: null }

/** A room with a game of this node: which host runs it, who sees it, and what it takes to go on elsewhere. */
export class PlacedRoom {
  readonly opened: OpenRoom
  readonly namespace: Namespace
  /** As its host has it. */
  game: GameInfo
  readonly password: Password | undefined
  /** From its first tick on. */
  readonly isRecorded: boolean
  /** Whose search has made it: the key of a user's share of the node. Undefined if an operator did, or if it was before the node's start. */
  readonly madeBy: string | undefined
  readonly viewers = new Viewers()
  /** Users who have a seat, as far as this node was told. */
  readonly seated = new Set<string>()
  /** Users who are on their way to a seat, and how many times each. */
  readonly coming = new Map<string, number>()
  /** Users who have given up their seat, and how many times that was not confirmed yet. */
  readonly leaving = new Map<string, number>()
  /** The same users: the last connection that was on its way to the seat when it was given up, by its number. */
  readonly leftUpTo = new Map<string, number>()
  /** Sessions that were let in, and as what: they come back as that, without the password. */
  readonly sessions = new Map<string, 'player' | 'spectator'>()
  /** By session: the arrival of the newest connection that has sent an input. */
  readonly #speaking = new Map<string, number>()
  phase: RoomPhase = 'opening'
  /** The host that runs it, or that was asked to. */
  host: number | undefined
  /** Of the host that it ran in last: what it has become there, older code may not know. */
  generation = 0
  /** Some of its records were made by other code than that of this generation. */
  hasOthersRecords = false
  /** What it was when a successor of its host took it over; undefined when that has proved itself. */
  handedOver: HandedOver | undefined
  /** The newest tick of which it was heard what it says. */
  #heard = -1
  /** What is of these ticks was heard from an earlier host. */
  #heardBefore = -1
  /** Counts the hosts that it had: an answer of an earlier one counts no more. */
  moves = 0
  listing: RoomListing = NOT_LISTED
  /** Nobody new takes a seat, as whoever made the room wanted. The game may unlock it. */
  isLockedByMaker: boolean
  checkpoint: RoomCheckpoint | undefined
  /** The tick of the newest checkpoint that was given to the journal. */
  journaledTick = -1
  /** A checkpoint waits for the journal until the log has what was said before it. */
  isCheckpointWaiting = false
  /** It was in an earlier life of the node, which ended then, by the clock of rooms, and does not run yet; undefined if it does, or was not. */
  awaySinceMs: number | undefined
  isOfEarlierLife = false
  /** Those behind the checkpoint. */
  records: KeptRecord[] = []
  recordBytes = 0
  /** Hosts of it that died since the last checkpoint was made. */
  lost = 0
  /** A host had to be ended for it. */
  isSuspect = false
  #blamedAtMs = -Infinity
  /** What waits until it runs. */
  waiting: Waiting[] = []
  departures: Departure[] = []
  /** What calls are answered once it has ended. */
  whyEnded = new Refusal('ROOM_OVER', 'the room is over')

  /** Resolves when it is no more. */
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

  get isLocked(): boolean {
    return this.isLockedByMaker || this.listing.isLocked
  }

  /** The last tick that is in the journal. */
  get tick(): number {
    return this.records.at(-1)?.tick ?? this.checkpoint?.tick ?? 0
  }

  /** Seats that no newcomer can have: those that are taken, but for bots that give way, and those that somebody is on the way to. */
  get seatsTaken(): number {
    let coming = 0
    for (const user of this.coming.keys()) if (!this.seated.has(user)) coming++
    return Math.max(this.listing.seats - this.listing.yielding, this.seated.size) + coming
  }

  hasPlaceFor(user: UserId): boolean {
    return this.seated.has(user) || this.coming.has(user) || this.seatsTaken < this.game.seats.max
  }

  reserve(user: string): void {
    this.coming.set(user, (this.coming.get(user) ?? 0) + 1)
  }

  release(user: string): void {
    const left = (this.coming.get(user) ?? 0) - 1
    if (left > 0) this.coming.set(user, left)
    else this.coming.delete(user)
  }

  /** It was in an earlier life of the node. @param users who are taken to have a seat until its host says so */
  returns({ checkpoint, records, users, awaySinceMs, isOtherCode }: EarlierLife): void {
    this.isOfEarlierLife = true
    this.awaySinceMs = awaySinceMs
    this.journaledTick = checkpoint.tick
    this.keepCheckpoint(checkpoint)
    for (const record of records) this.keep(record)
    this.hasOthersRecords = isOtherCode && records.length > 0
    for (const user of users) this.seated.add(user)
  }

  /** Another host goes on from a checkpoint, and says again what has been said since. */
  saysAgain(): void {
    this.#heardBefore = this.#heard
  }

  /** Whether what is said in this tick was not heard before. */
  hears(tick: number): boolean {
    this.#heard = Math.max(this.#heard, tick)
    return tick > this.#heardBefore
  }

  keep(record: KeptRecord): void {
    this.records.push(record)
    this.recordBytes += record.bytes.length
    this.handedOver?.records.push(record)
  }

  /** From here on it is as it was when it was handed over, with what has come in since. */
  takeBack({ checkpoint, records, generation }: HandedOver): void {
    this.handedOver = undefined
    this.generation = generation
    this.records = records
    this.keepCheckpoint(checkpoint)
    this.hasOthersRecords = this.records.length > 0
  }

  /** An input has come from this connection. Returns whether none had come from a newer one of its session. */
  speaks({ session, arrival }: Connection): boolean {
    if (session === undefined || arrival === undefined) return true
    const newest = this.#speaking.get(session)
    if (newest === undefined && this.#speaking.size >= SPEAKING_MAX) return true
    if (arrival < (newest ?? 0)) return false
    this.#speaking.set(session, arrival)
    return true
  }

  /** What is older than the checkpoint is not needed any more. */
  keepCheckpoint(checkpoint: RoomCheckpoint): void {
    this.checkpoint = checkpoint
    this.records = this.records.filter(({ tick }) => tick > checkpoint.tick)
    this.recordBytes = this.records.reduce((sum, { bytes }) => sum + bytes.length, 0)
    this.hasOthersRecords &&= this.records.length > 0
    this.lost = 0
  }

  /**
   * A host had to be ended for it. Returns whether that was so not long ago, too. A checkpoint in between does not count: a game that eats memory
   * makes some before it has eaten all of it.
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
