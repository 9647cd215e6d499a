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

/** How rooms end: their last word goes into the log, with what the match pays, and then all leave and nothing is left. */
export class Endings {
  readonly #options: EndingsOptions
  readonly #rewards: Rewards
  readonly #underWay = new Map<PlacedRoom, Promise<void>>()

  constructor(options: EndingsOptions) {
    this.#options = options
    this.#rewards = new Rewards(options)
  }

  /**
   * The room's last word, from its host. One that comes again, after the room was restored, is the same.
   * @param message why it could not go on; null: the word is its game's
   */
  over(room: PlacedRoom, ending: RoomEnding, message: string | null = null): void {
    if (this.#underWay.has(room)) return
    this.#options.recordings.ended(room, ending, message)
    this.#underWay.set(
      room,
      this.#end(room, ending).finally(() => this.#underWay.delete(room)),
    )
  }

  /** Its game cannot go on. */
  failed(room: PlacedRoom, why: string): void {
    this.#options.log.error(
      { room: room.id, game: room.game.name, tick: room.tick, why },
      'a room with a game is ended',
    )
    room.whyEnded = new Refusal('GAME_FAILED', `the game failed: ${why}`)
    this.over(room, { why: 'failed', tick: room.tick, result: null, rewards: [] }, why)
  }

  /** Forgets the room without a word of its end: its journal stays, and it may come back. */
  letGo(room: PlacedRoom, why: Refusal): void {
    room.phase = 'ending'
    room.whyEnded = why
    for (const { ended } of room.waiting.splice(0)) ended(why)
    this.#forget(room)
  }

  /** Has the host end it. Resolves when it is gone. Rejects with what the host refuses. */
  async end(room: PlacedRoom, untilMs: number | undefined): Promise<void> {
    const { calls } = this.#options
    await new Promise<void>((resolve, reject) => {
      const done = (result: null | Refusal) =>
        result instanceof Refusal && result.code !== 'ROOM_OVER' ? reject(result) : resolve()
      calls.make(room, { method: 'end', args: { handle: room.handle }, done, untilMs, mayRepeat: true })
    })
    while (this.#options.rooms.byHandle(room.handle)) await (this.#underWay.get(room) ?? room.gone)
  }

  /** Resolves when none is under way any more. */
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
    // Not before: a room that ends again is paid for once.
    await this.#options.journals.delete(room.id)
  }

  /** The room's end and its rewards are one transaction. Returns whether it was done. */
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
    const { rooms, members, directory, workers, purchases, hosts } = this.#options
    hosts.get(room.host)?.rooms.delete(room.handle)
    rooms.remove(room)
    purchases.ended(room)
    // A resumed connection that has no view yet may still have to be given the room's last word: see `Entrances.join`.
    const isComingBack = (connection: Connection) => room.viewers.of(connection) === undefined
    const emptied = new Set(members.empty(room.id, isComingBack).map(({ worker }) => worker))
    directory.ended(room.id)
    for (const worker of emptied) workers.tell(worker, 'roomClosed', { room: room.id, hasGame: true })
    room.markGone()
  }
}
