import type { Endings } from './endings.ts'
import type { Host, Hosts } from './hosts.ts'
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
  /** Called when a host has ended and everything that it said was handled. */
  readonly onGone: (host: number) => void
  /** Called for a room from before the node's start that cannot go on with the loaded games. */
  readonly onRefused: (room: PlacedRoom, refusal: Refusal) => void
}

/** A room that has lost this many hosts since its last checkpoint is ended. */
const LOST_MAX = 20
/** How long a room that ended its host waits for a host without other rooms. */
const SUSPECT_WAIT_MS = 5_000
/** How many bytes of records without a checkpoint a room may have. If there are more, its host makes no checkpoints. */
const RECORD_BYTES_MAX = 64 * 1024 * 1024

/** Gives new hosts to the rooms of a host that has died, and to rooms that wait for a host. */
export class Recovery {
  readonly #options: RecoveryOptions
  /** The rooms that wait until a host has started. */
  readonly #homeless = new Map<PlacedRoom, Why>()
  isStopping = false

  constructor(options: RecoveryOptions) {
    this.#options = options
  }

  get homeless(): number {
    return this.#homeless.size
  }

  /** The host does not answer any more, so its rooms wait from now on. This may be called more than once. */
  hostLost(id: number): void {
    const { hosts, rooms, moves } = this.#options
    const host = hosts.get(id)
    if (!host) return
    hosts.setOpen(host, false)
    for (const room of rooms.ofHost(host)) if (room.phase === 'running') moves.stop(room)
  }

  /**
   * The host has ended. Its rooms go on in other hosts, from their checkpoints and records.
   * @param culprit the handle of the room whose callback ran when the host had to be ended
   */
  hostGone(id: number, culprit: number | undefined): void {
    const { hosts, rooms, log, onGone } = this.#options
    const host = hosts.get(id)
    if (!host) return
    this.hostLost(id)
    hosts.remove(id)
    if (this.isStopping) return
    // Everything that the host said before is committed first.
    host.outlet.pass(() => {
      const left = rooms.ofHost(host)
      if (left.length > 0)
        log.warn({ host: id, rooms: left.length, culprit }, 'a host has ended: its rooms go to another one')
      for (const room of left) this.#bury(room, room.handle === culprit)
      onGone(id)
    })
  }

  /** A host has started and takes rooms. Gives it the rooms that wait. */
  placeHomeless(): void {
    // A room that may end its next host, too, comes last, when the other rooms already run.
    const waiting = [...this.#homeless].sort(([one], [other]) => Number(one.isSuspect) - Number(other.isSuspect))
    for (const [room] of waiting) this.#placeWaiting(room)
  }

  /** Takes a committed record of a room. */
  recorded(room: PlacedRoom, record: { readonly tick: number; readonly bytes: Uint8Array }): void {
    room.keep(record)
    this.#options.recordings.recorded(room, record)
    if (room.recordBytes > RECORD_BYTES_MAX) this.#options.endings.failed(room, 'its host makes no checkpoints of it')
  }

  /** Gives a room from before the node's start to a host. Resolves when the room runs, has failed, or waits for a host. */
  async bringBack(room: PlacedRoom): Promise<void> {
    if (room.phase === 'moving' && room.host === undefined) await this.#place(room, 'start')
  }

  /** The host of the room died some time ago, and no other host has taken the room back since. */
  orphaned(room: PlacedRoom): void {
    this.#bury(room, false)
  }

  #bury(room: PlacedRoom, isCulprit: boolean): void {
    const { endings, clock, moves } = this.#options
    // A room that was handed over is taken back by its earlier host.
    if (room.phase === 'ending' || room.handedOver) return
    // A room that is still being made is refused by its own call, which has failed.
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

  /**
   * The room may end the next host as well, and the other rooms have just been given to the present hosts. So it waits for the
   * host that is being started.
   */
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

  /** Resolves when the room runs, has failed, or waits for a host. */
  async #place(room: PlacedRoom, why: Why): Promise<void> {
    const { hosts, moves, endings, onRefused } = this.#options
    const host = hosts.leastBusy(room.generation)
    if (!host || !room.checkpoint) {
      this.#homeless.set(room, why)
      return
    }
    const refusal = await moves.restore(room, host, why)
    if (!refusal) return
    if (host.generation < room.generation) return this.#waitForNewer(room, host, why)
    if (room.awaySinceMs === undefined) endings.failed(room, `it cannot be restored: ${refusal.message}`)
    else onRefused(room, refusal)
  }

  /** Older code cannot restore the room, so it waits for the host with newer code that is being started. */
  async #waitForNewer(room: PlacedRoom, older: Host, why: Why): Promise<void> {
    older.rooms.delete(room.handle)
    room.host = undefined
    const newest = this.#options.hosts.leastBusy(room.generation)
    if (newest && newest.generation >= room.generation) await this.#place(room, why)
    else this.#homeless.set(room, why)
  }
}
