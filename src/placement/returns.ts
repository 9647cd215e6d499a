import { delay, within } from '../base/delay.ts'
import { Refusal } from '../protocol/errors.ts'
import type { RoomId } from '../protocol/ids.ts'
import { isStoreFault } from '../store/store-refusal.ts'
import type { Endings } from './endings.ts'
import { foundRoom, usersOf, type FoundRoom } from './found-rooms.ts'
import type { Hosts } from './hosts.ts'
import type { PlacementOptions } from './parts.ts'
import { Password } from './passwords.ts'
import { PlacedRoom } from './placed-room.ts'
import type { Recovery } from './recovery.ts'
import { ReturnReport } from './return-report.ts'
import type { RoomRecordings } from './recordings.ts'
import type { RoomClock } from './room-clock.ts'
import type { RoomEvents } from './room-events.ts'
import type { RoomJournals } from './room-journals.ts'
import type { PlacedRooms } from './rooms.ts'

export interface ReturnsOptions extends PlacementOptions {
  readonly rooms: PlacedRooms
  readonly hosts: Hosts
  readonly endings: Endings
  readonly recovery: Recovery
  readonly events: RoomEvents
  readonly journals: RoomJournals
  readonly roomClock: RoomClock
  readonly recordings: RoomRecordings
}

export interface ReturnCounts {
  /** How many rooms were found and did not have to wait for their game. */
  readonly of: number
  /** How many of these run again or are over. */
  readonly back: number
  /** How many rooms cannot go on now. */
  readonly waiting: number
}

/** How many rooms the store is asked about at once. */
const ASKED_AT_ONCE = 100
/** How many rooms hosts are asked to restore at once, so that they have time for rooms that already run. */
const RESTORED_AT_ONCE = 16
/** After that it is tried again to claim a room. */
const CLAIM_AGAIN_MS = 500

/**
 * Brings back the rooms from before the node's start, from their checkpoints and journals. A room that cannot go on with the
 * loaded games waits. Its journal is kept until the game is loaded, the room is deleted, or GAME_ROOM_KEEP is over.
 */
export class Returns {
  readonly #options: ReturnsOptions
  readonly #report: ReturnReport
  #found: FoundRoom[] = []
  readonly #coming = new Set<PlacedRoom>()
  #of = 0
  #settled = Promise.withResolvers<void>()

  constructor(options: ReturnsOptions) {
    this.#options = options
    this.#report = new ReturnReport(options)
    this.#settled.resolve()
  }

  get counts(): ReturnCounts {
    return { of: this.#of, back: this.#of - this.#coming.size, waiting: this.#options.rooms.waiting.size }
  }

  get isUnderWay(): boolean {
    return this.#coming.size > 0
  }

  /** Resolves when all rooms that can come back have done so, or when the time is over. */
  settled(withinMs: number): Promise<void> {
    return within(this.#settled.promise, withinMs, undefined)
  }

  /** Reads the journals of earlier rooms. Rejects with what the store throws. */
  async read(): Promise<void> {
    const { journal, haveEnded } = this.#options
    const ids = await journal.rooms()
    for (const { room, reason } of journal.damaged) this.#lose(room, 'its journal is damaged', reason)
    for (let i = 0; i < ids.length; i += ASKED_AT_ONCE) {
      const asked = ids.slice(i, i + ASKED_AT_ONCE)
      const ended = await haveEnded(asked)
      for (const [place, id] of asked.entries()) await this.#read(id, ended[place] === true)
    }
  }

  /** Call this when hosts run games. From then on the rooms exist, and each waits until it is restored. */
  begin(): void {
    this.#options.events.beginReturn()
    this.#bringBack(this.#found.splice(0))
    const { recordings, rooms } = this.#options
    recordings.endUnfinished((room) => rooms.waiting.has(room))
  }

  /** Call this when other games were loaded. Rooms that wait may be able to go on now. */
  async again(): Promise<void> {
    const { rooms, journal } = this.#options
    const found: FoundRoom[] = []
    for (const id of Array.from(rooms.waiting.keys())) {
      const read = await journal.read(id)
      const room = read && foundRoom(id, read)
      if (typeof room === 'object' && rooms.waiting.delete(id)) found.push(room)
    }
    if (found.length > 0) this.#bringBack(found)
  }

  /** The loaded games cannot go on with a room that was to come back, so it waits. */
  refused(room: PlacedRoom, { code, message }: Refusal): void {
    const why = new Refusal(code, `the room waits for a game that can go on with it: ${message}`)
    this.#wait(room.id, why, message)
    this.#options.endings.letGo(room, why)
  }

  /** Deletes a room that waits. Returns whether there was one. */
  async discard(id: RoomId): Promise<boolean> {
    const { rooms, journals } = this.#options
    if (!rooms.waiting.delete(id)) return false
    rooms.ended.addLost(id)
    await journals.delete(id)
    return true
  }

  async #read(id: RoomId, hasEnded: boolean): Promise<void> {
    const { journal, journals, rooms } = this.#options
    const read = await journal.read(id)
    if (!read) return
    if (hasEnded) {
      rooms.ended.addEarlier(id, usersOf(read))
      return journals.delete(id)
    }
    const found = foundRoom(id, read)
    if (typeof found === 'object') this.#found.push(found)
    else if (found === 'of another version of Drumbeat')
      this.#wait(id, new Refusal('GAME_FAILED', `the room was written by another version of Drumbeat`), found)
    else {
      if (found !== 'unborn') this.#lose(id, `its journal is ${found}`)
      await journals.delete(id)
    }
  }

  #bringBack(found: readonly FoundRoom[]): void {
    const placed = found.flatMap((room) => this.#place(room) ?? [])
    if (placed.length === 0) {
      void this.#settle()
      return
    }
    this.#of += placed.length
    this.#settled = Promise.withResolvers()
    for (const room of placed) {
      this.#coming.add(room)
      const came = () => this.#came(room)
      room.waiting.push({ go: came, ended: came })
    }
    const left = placed.values()
    for (let i = 0; i < RESTORED_AT_ONCE; i++) void this.#restore(left)
  }

  async #restore(rooms: IterableIterator<PlacedRoom>): Promise<void> {
    const { owners, recovery } = this.#options
    for (const room of rooms) if (owners.isAlone || (await this.#claim(room))) await recovery.bringBack(room)
  }

  /** Resolves to whether this node may go on with the room. */
  async #claim(room: PlacedRoom): Promise<boolean> {
    const { owners, recovery, endings, counts } = this.#options
    while (!recovery.isStopping) {
      try {
        if ((await owners.claim(room)) !== false) return true
        this.#report.lost(room.id, 'another node has them')
        counts.onEnded('lost')
        await endings.taken(room)
        return false
      } catch (thrown) {
        if (!isStoreFault(thrown)) throw thrown
        await delay(CLAIM_AGAIN_MS)
      }
    }
    return false
  }

  /** Returns undefined if its game is not loaded. */
  #place({ id, head, checkpoint, records, users, nowMs }: FoundRoom): PlacedRoom | undefined {
    const { rooms, hosts, directory, limits, lastBeat, roomClock, journals, recordings } = this.#options
    const { game: name, namespace, options, seed, startMs, password, isLocked, madeBy } = head
    const game = hosts.game(name)
    if (!game) {
      const isOld = nowMs !== undefined && roomClock.nowMs() - nowMs > limits.keepMs
      const why = `the game "${name}" is not loaded`
      if (!isOld) this.#wait(id, new Refusal('GAME_NOT_FOUND', `the room waits: ${why}`), why)
      else {
        this.#lose(id, `${why}, and was not for GAME_ROOM_KEEP`)
        void journals.delete(id)
      }
      return undefined
    }
    const opened = { handle: rooms.newHandle(), roomId: id, game: name, options, seed, startMs }
    const hashed = password === null ? undefined : Password.restore(password)
    const room = new PlacedRoom({ opened, namespace, game, password: hashed, isLocked, isRecorded: false, madeBy })
    room.phase = 'moving'
    const awaySinceMs = lastBeat?.atMs ?? roomClock.nowMs()
    room.returns({ checkpoint, records, users, awaySinceMs, isOtherCode: lastBeat?.code !== hosts.code })
    recordings.comesBack(room)
    rooms.add(room)
    directory.define(room.toDefinition(limits.roomCapacity))
    return room
  }

  #came(room: PlacedRoom): void {
    this.#coming.delete(room)
    if (room.phase === 'running') this.#report.came()
    if (this.#coming.size === 0) void this.#settle()
  }

  async #settle(): Promise<void> {
    const { endings, events } = this.#options
    this.#report.tell()
    this.#settled.resolve()
    // Wait for rooms that have ended in their journals: they are about to say so.
    await Promise.resolve()
    await endings.idle()
    if (!this.isUnderWay) events.endReturn()
  }

  /** @param reason for the log; it is the same for many rooms */
  #wait(id: RoomId, why: Refusal, reason: string): void {
    this.#options.rooms.waiting.set(id, why)
    this.#report.waits(id, reason)
  }

  #lose(id: RoomId, reason: string, detail?: string): void {
    const { rooms, counts } = this.#options
    rooms.ended.addLost(id)
    counts.onEnded('lost')
    this.#report.lost(id, reason, detail)
  }
}
