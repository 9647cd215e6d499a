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

/** Writes to journals what need not be written before anybody hears of it. The records of hosts are written elsewhere. */
export class RoomJournals {
  readonly #options: RoomJournalsOptions

  constructor(options: RoomJournalsOptions) {
    this.#options = options
  }

  /**
   * Replaces the records up to the checkpoint by the checkpoint, once everything that they have said is in the log. A room that
   * comes back repeats only what it said after its checkpoint.
   */
  checkpoint(room: PlacedRoom, checkpoint: RoomCheckpoint): void {
    const { events } = this.#options
    if (!events.isSaying(room)) this.#write(room, checkpoint)
    else if (!room.isCheckpointWaiting) {
      room.isCheckpointWaiting = true
      void this.#writeWhenSaid(room, checkpoint)
    }
  }

  /** Call this when something that the head contains has changed. */
  headChanged(room: PlacedRoom): void {
    const { journal } = this.#options
    void this.#try(room.id, () => journal.append([headOf(room)]))
  }

  /** Writes down that rooms are alive. */
  beat(beat: Beat): void {
    void this.#try('the time', () => this.#options.journal.beat(beat))
  }

  /** Deletes the journal of a room that is gone. Also resolves if that failed. The next start finds the room then. */
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
    // If this fails, the records up to the checkpoint are still there.
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
