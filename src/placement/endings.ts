import type { Connection } from '../connections/connection.ts'
import type { RoomEnding } from '../link/methods/host.ts'
import { Refusal } from '../protocol/errors.ts'
import type { Calls } from './calls.ts'
import type { Hosts } from './hosts.ts'
import type { PlacementOptions } from './parts.ts'
import type { PlacedRoom } from './placed-room.ts'
import { Rewards } from './rewards.ts'
import type { RoomJournals } from './room-journals.ts'
import type { RoomRecordings } from './recordings.ts'
import type { RoomEvents } from './room-events.ts'
import type { Purchases } from './purchases.ts'
import type { PlacedRooms } from './rooms.ts'

export interface EndingsOptions extends PlacementOptions {
  readonly rooms: PlacedRooms
  readonly hosts: Hosts
  readonly calls: Calls
  readonly events: RoomEvents
  readonly purchases: Purchases
  readonly journals: RoomJournals
  readonly recordings: RoomRecordings
}

/** Ends rooms: the end goes into the log, with what the match pays, and then all connections leave and the room is forgotten. */
export class Endings {
  readonly #options: EndingsOptions
  readonly #rewards: Rewards
  readonly #underWay = new Map<PlacedRoom, Promise<void>>()

  constructor(options: EndingsOptions) {
    this.#options = options
    this.#rewards = new Rewards(options)
  }

  /**
   * Ends the room as its host says. If the room was restored and ends again, its end is the same.
   * @param message why the room could not go on; null if its game has ended it
   */
  over(room: PlacedRoom, ending: RoomEnding, message: string | null = null): void {
    if (this.#underWay.has(room)) return
    this.#options.recordings.ended(room, ending, message)
    this.#underWay.set(
      room,
      this.#end(room, ending).finally(() => this.#underWay.delete(room)),
    )
  }

  /** Ends a room whose game cannot go on. */
  failed(room: PlacedRoom, why: string): void {
    this.#options.log.error(
      { room: room.id, game: room.game.name, tick: room.tick, why },
      'a room was ended, because its game cannot go on',
    )
    room.whyEnded = new Refusal('GAME_FAILED', `the game failed: ${why}`)
    this.over(room, { why: 'failed', tick: room.tick, result: null, rewards: [] }, why)
  }

  /** Forgets the room without ending it. Its journal stays, so it may come back. */
  letGo(room: PlacedRoom, why: Refusal): void {
    room.phase = 'ending'
    room.whyEnded = why
    for (const { ended } of room.waiting.splice(0)) ended(why)
    this.#forget(room)
  }

  /** Another node has the room, so nothing of it stays here. Resolves when its journal is deleted. */
  async taken(room: PlacedRoom, why = new Refusal('UNAVAILABLE', 'another node has the room')): Promise<void> {
    this.letGo(room, why)
    await this.#options.journals.delete(room.id)
  }

  /** Has the host end the room. Resolves when the room is gone. Rejects with the host's refusal. */
  async end(room: PlacedRoom, untilMs: number | undefined): Promise<void> {
    const { calls } = this.#options
    await new Promise<void>((resolve, reject) => {
      const done = (result: null | Refusal) =>
        result instanceof Refusal && result.code !== 'ROOM_OVER' ? reject(result) : resolve()
      calls.make(room, { method: 'end', args: { handle: room.handle }, done, untilMs, mayRepeat: true })
    })
    while (this.#options.rooms.byHandle(room.handle)) await (this.#underWay.get(room) ?? room.gone)
  }

  /** Resolves when no room is being ended. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay.values())
  }

  async #end(room: PlacedRoom, ending: RoomEnding): Promise<void> {
    const { events, counts, hosts } = this.#options
    room.phase = 'ending'
    counts.onEnded(ending.why)
    hosts.get(room.host)?.rooms.delete(room.handle)
    for (const { ended } of room.waiting.splice(0)) ended(room.whyEnded)
    if (ending.rewards.length === 0 || !(await this.#pay(room, ending))) await events.over(room, ending)
    this.#close(room)
    // The journal is deleted last. If the room has to end again, it is still paid only once.
    await this.#options.journals.delete(room.id)
  }

  /** Puts the room's end and its rewards into one transaction. Returns whether that was done. */
  async #pay(room: PlacedRoom, ending: RoomEnding): Promise<boolean> {
    const { events } = this.#options
    await events.said(room)
    if (!(await this.#rewards.settle(room, ending.rewards, events.recordOfOver(room, ending)))) return false
    await events.sent()
    return true
  }

  #close(room: PlacedRoom): void {
    this.#options.rooms.ended.add(room)
    this.#forget(room)
  }

  #forget(room: PlacedRoom): void {
    const { rooms, members, directory, workers, purchases, hosts, owners } = this.#options
    hosts.get(room.host)?.rooms.delete(room.handle)
    rooms.remove(room)
    owners.release(room)
    purchases.ended(room)
    // A resumed connection without a view may still have to be told of the room's end: see `Entrances.join`.
    const isComingBack = (connection: Connection) => room.viewers.of(connection) === undefined
    const emptied = new Set(members.empty(room.id, isComingBack).map(({ worker }) => worker))
    directory.ended(room.id)
    for (const worker of emptied) workers.tell(worker, 'roomClosed', { room: room.id, hasGame: true })
    room.markGone()
  }
}
