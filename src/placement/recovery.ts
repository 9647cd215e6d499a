import type { Endings } from './endings.ts'
import type { Hosts } from './hosts.ts'
import type { Refusal } from '../protocol/errors.ts'
import type { Moves } from './moves.ts'
import type { PlacementOptions, Why } from './parts.ts'
import type { PlacedRoom } from './placed-room.ts'
import type { RoomRecordings } from './recordings.ts'
import type { PlacedRooms } from './rooms.ts'

export interface RecoveryOptions extends Pick<PlacementOptions, 'clock' | 'log'> {
  readonly rooms: PlacedRooms
  readonly hosts: Hosts
  readonly moves: Moves
  readonly endings: Endings
  readonly recordings: RoomRecordings
  /** A host has ended, and all that it said is known. */
  readonly onGone: (host: number) => void
  /** A room of an earlier life of the node cannot go on with the games that are loaded. */
  readonly onRefused: (room: PlacedRoom, refusal: Refusal) => void
}

/** A room that has lost so many hosts since its last checkpoint is ended itself. */
const LOST_MAX = 20
/** How long a room that ended its host waits for one that has no other rooms. */
const SUSPECT_WAIT_MS = 5_000
/** Of records that no checkpoint stands for: the host of such a room does not make any. */
const RECORD_BYTES_MAX = 64 * 1024 * 1024

/** What becomes of the rooms of a host that dies, and of those that wait for one. */
export class Recovery {
  readonly #options: RecoveryOptions
  /** Rooms that wait for a host to come up. */
  readonly #homeless = new Map<PlacedRoom, Why>()
  isStopping = false

  constructor(options: RecoveryOptions) {
    this.#options = options
  }

  get homeless(): number {
    return this.#homeless.size
  }

  /** The host answers no more: its rooms wait from now on. It may be called more than once. */
  hostLost(id: number): void {
    const { hosts, rooms, moves } = this.#options
    const host = hosts.get(id)
    if (!host) return
    hosts.setOpen(host, false)
    for (const room of rooms.ofHost(host)) if (room.phase === 'running') moves.stop(room)
  }

  /**
   * The host has ended. Its rooms go on elsewhere from their checkpoints and records.
   * @param culprit the handle of the room that it was in when it had to be ended
   */
  hostGone(id: number, culprit: number | undefined): void {
    const { hosts, rooms, log, onGone } = this.#options
    const host = hosts.get(id)
    if (!host) return
    this.hostLost(id)
    hosts.remove(id)
    if (this.isStopping) return
    // What it had said is committed first.
    host.outlet.pass(() => {
      const left = rooms.ofHost(host)
      if (left.length > 0)
        log.warn({ host: id, rooms: left.length, culprit }, 'a host has ended: its rooms go to another one')
      for (const room of left) this.#bury(room, room.handle === culprit)
      onGone(id)
    })
  }

  /** A host has come up: what waits for one goes there. */
  placeHomeless(): void {
    // One that ends its next host, too, does so when the others of it run already, or is alone there.
    const waiting = [...this.#homeless].sort(([one], [other]) => Number(one.isSuspect) - Number(other.isSuspect))
    for (const [room] of waiting) this.#placeWaiting(room)
  }

  /** A record that was committed. */
  recorded(room: PlacedRoom, record: { readonly tick: number; readonly bytes: Uint8Array }): void {
    room.keep(record)
    this.#options.recordings.recorded(room, record)
    if (room.recordBytes > RECORD_BYTES_MAX) this.#options.endings.failed(room, 'its host makes no checkpoints of it')
  }

  /** A room of an earlier life of the node goes to a host. Resolves when it runs, has failed to, or waits for a host. */
  async bringBack(room: PlacedRoom): Promise<void> {
    if (room.phase === 'moving' && room.host === undefined) await this.#place(room, 'start')
  }

  /** Its host died some time ago, and it was waited for whether another one takes it back. */
  orphaned(room: PlacedRoom): void {
    this.#bury(room, false)
  }

  #bury(room: PlacedRoom, isCulprit: boolean): void {
    const { endings, clock, moves } = this.#options
    // One that was handed over is taken back by the host that it had before.
    if (room.phase === 'ending' || room.handedOver) return
    // One that was never made is refused by its call, which came to nothing.
    if (room.phase === 'opening') return
    if (room.phase === 'running') moves.stop(room)
    room.host = undefined
    room.lost++
    if (isCulprit && room.blame(clock.nowMs()))
      endings.failed(room, 'it ended two hosts: a callback did not end, or used up the memory')
    else if (room.lost >= LOST_MAX)
      endings.failed(room, `its host died ${LOST_MAX} times before it had made a checkpoint`)
    else if (!room.checkpoint) endings.failed(room, 'its host died before it had made a checkpoint')
    else if (isCulprit) this.#placeApart(room)
    else void this.#place(room, 'crash')
  }

  /** If it ends the next host as well, that is not to be the one that all others have just gone to: it waits for the one that is being started. */
  #placeApart(room: PlacedRoom): void {
    this.#homeless.set(room, 'crash')
    setTimeout(() => this.#placeWaiting(room), SUSPECT_WAIT_MS).unref()
  }

  #placeWaiting(room: PlacedRoom): void {
    const why = this.#homeless.get(room)
    if (why === undefined || this.isStopping) return
    this.#homeless.delete(room)
    if (room.phase === 'moving' && room.host === undefined) void this.#place(room, why)
  }

  /** Resolves when the room runs, or has failed to. */
  async #place(room: PlacedRoom, why: Why): Promise<void> {
    const { hosts, moves, endings, onRefused } = this.#options
    const host = hosts.leastBusy(room.generation)
    if (!host || !room.checkpoint) {
      this.#homeless.set(room, why)
      return
    }
    const refusal = await moves.restore(room, host, why)
    if (!refusal) return
    if (room.awaySinceMs === undefined) endings.failed(room, `it cannot be restored: ${refusal.message}`)
    else onRefused(room, refusal)
  }
}
