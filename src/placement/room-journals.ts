import type { Log } from '../base/log.ts'
import type { RoomId } from '../protocol/ids.ts'
import type { Beat, Journal } from '../store/journal.ts'
import { isStoreFault } from '../store/store-refusal.ts'
import type { PlacedRoom, RoomCheckpoint } from './placed-room.ts'
import type { RoomEvents } from './room-events.ts'
import { headOf } from './room-head.ts'

export interface RoomJournalsOptions {
  readonly journal: Journal
  readonly events: RoomEvents
  readonly log: Log
}

/** What is written into journals beside the records of hosts, and need not be there before somebody hears of it. */
export class RoomJournals {
  readonly #options: RoomJournalsOptions

  constructor(options: RoomJournalsOptions) {
    this.#options = options
  }

  /**
   * Keeps the checkpoint in the place of the records before it, once all that these have said is in the log: a room that comes back says again
   * what is behind its checkpoint.
   */
  checkpoint(room: PlacedRoom, checkpoint: RoomCheckpoint): void {
    const { events } = this.#options
    if (!events.isSaying(room)) this.#write(room, checkpoint)
    else if (!room.isCheckpointWaiting) {
      room.isCheckpointWaiting = true
      void this.#writeWhenSaid(room, checkpoint)
    }
  }

  /** What the head says of the room has changed. */
  headChanged(room: PlacedRoom): void {
    const { journal } = this.#options
    void this.#try(room.id, () => journal.append([headOf(room)]))
  }

  /** Rooms live. */
  beat(beat: Beat): void {
    void this.#try('the time', () => this.#options.journal.beat(beat))
  }

  /** The room is no more. Resolves also if that could not be written: then the next start finds it. */
  async delete(room: RoomId): Promise<void> {
    const { journal } = this.#options
    await this.#try(room, () => journal.delete(room))
  }

  async #writeWhenSaid(room: PlacedRoom, checkpoint: RoomCheckpoint): Promise<void> {
    await this.#options.events.said(room)
    room.isCheckpointWaiting = false
    this.#write(room, checkpoint)
  }

  #write(room: PlacedRoom, { tick, text }: RoomCheckpoint): void {
    const { journal } = this.#options
    if (tick <= room.journaledTick || room.phase === 'ending') return
    room.journaledTick = tick
    // If it is not written, the records before it are still there.
    void this.#try(room.id, () => journal.checkpoint({ room: room.id, tick, bytes: Buffer.from(text) }))
  }

  async #try(what: string, write: () => Promise<void> | undefined): Promise<void> {
    try {
      await write()
    } catch (error) {
      if (!isStoreFault(error)) throw error
      this.#options.log.debug({ what, err: error }, 'something was not written into a journal')
    }
  }
}
