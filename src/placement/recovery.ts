import { Refusal } from '../protocol/errors.ts'
import { isStoreFault } from '../store/store-refusal.ts'
import type { Calls } from './calls.ts'
import type { Endings } from './endings.ts'
import type { Entrances } from './entrances.ts'
import type { Host, Hosts } from './hosts.ts'
import type { PlacementOptions } from './parts.ts'
import type { PlacedRoom } from './placed-room.ts'
import type { PlacedRooms } from './rooms.ts'

export interface RecoveryOptions extends PlacementOptions {
  readonly rooms: PlacedRooms
  readonly hosts: Hosts
  readonly calls: Calls
  readonly entrances: Entrances
  readonly endings: Endings
}

/** Why a room goes to another host. */
type Why = 'crash' | 'move'

/** A room that has lost so many hosts since its last checkpoint is ended itself. */
const LOST_MAX = 20
/** How long a room that ended its host waits for one that has no other rooms. */
const SUSPECT_WAIT_MS = 5_000
/** Of records that no checkpoint stands for: the host of such a room does not make any. */
const RECORD_BYTES_MAX = 64 * 1024 * 1024

/** How rooms come to their hosts: at first, after the death of a host, and when a host is to be drained. */
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
    const host = this.#options.hosts.get(id)
    if (!host) return
    host.isOpen = false
    for (const room of this.#roomsOf(host)) if (room.phase === 'running') this.#stopped(room)
  }

  /**
   * The host has ended. Its rooms go on elsewhere from their checkpoints and records.
   * @param culprit the handle of the room that it was in when it had to be ended
   */
  hostGone(id: number, culprit: number | undefined): void {
    const { hosts, log } = this.#options
    const host = hosts.get(id)
    if (!host) return
    this.hostLost(id)
    hosts.remove(id)
    if (this.isStopping) return
    // What it had said is committed first.
    host.outlet.pass(() => {
      const rooms = this.#roomsOf(host)
      if (rooms.length > 0)
        log.warn({ host: id, rooms: rooms.length, culprit }, 'a host has ended: its rooms go to another one')
      for (const room of rooms) this.#bury(room, room.handle === culprit)
    })
  }

  /** A host has come up: what waits for one goes there. */
  placeHomeless(): void {
    // One that ends its next host, too, does so when the others of it run already, or is alone there.
    const waiting = [...this.#homeless].sort(([one], [other]) => Number(one.isSuspect) - Number(other.isSuspect))
    for (const [room] of waiting) this.#placeWaiting(room)
  }

  /** Moves the rooms of a host that is to be drained to others. Resolves when it has none any more. */
  async empty(id: number): Promise<void> {
    const { hosts } = this.#options
    const host = hosts.get(id)
    if (!host) return
    host.isOpen = false
    const running = this.#roomsOf(host).filter(({ phase }) => phase === 'running')
    await Promise.all(running.map((room) => this.#move(host, room)))
  }

  /** A checkpoint of the room, from its host. */
  checkpoint(room: PlacedRoom, checkpoint: { readonly tick: number; readonly text: string }): void {
    room.keepCheckpoint(checkpoint)
    this.#journalCheckpoint(room, checkpoint)
  }

  /** A record that was committed. */
  recorded(room: PlacedRoom, record: { readonly tick: number; readonly bytes: Uint8Array }): void {
    room.keep(record)
    if (room.recordBytes > RECORD_BYTES_MAX) this.#options.endings.failed(room, 'its host makes no checkpoints of it')
  }

  #roomsOf({ id, rooms: handles }: Host): readonly PlacedRoom[] {
    const { rooms } = this.#options
    return [...handles].flatMap((handle) => rooms.byHandle(handle) ?? []).filter(({ host }) => host === id)
  }

  #stopped(room: PlacedRoom): void {
    room.phase = 'moving'
    room.moves++
  }

  #bury(room: PlacedRoom, isCulprit: boolean): void {
    const { endings, clock } = this.#options
    if (room.phase === 'ending') return
    // One that was never made is refused by its call, which came to nothing.
    if (room.phase === 'opening') return
    if (room.phase === 'running') this.#stopped(room)
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
    void this.#place(room, why)
  }

  #move(host: Host, room: PlacedRoom): Promise<void> {
    return new Promise((resolve) => {
      this.#stopped(room)
      const { moves } = room
      host.link.call('release', { handle: room.handle }, (result) => {
        host.outlet.pass(() => {
          // Over, or its host has died: then that is what happens to it.
          if (room.phase !== 'moving' || room.moves !== moves || result instanceof Refusal) return resolve()
          this.checkpoint(room, { tick: result.tick, text: result.checkpoint })
          host.rooms.delete(room.handle)
          room.host = undefined
          void this.#place(room, 'move').then(resolve)
        })
      })
    })
  }

  /** Resolves when the room runs, or has failed to. */
  #place(room: PlacedRoom, why: Why): Promise<void> {
    const host = this.#options.hosts.leastBusy()
    if (!host || !room.checkpoint) {
      this.#homeless.set(room, why)
      return Promise.resolve()
    }
    room.host = host.id
    room.saysAgain()
    host.rooms.add(room.handle)
    const { moves } = room
    const args = {
      handle: room.handle,
      checkpoint: room.checkpoint.text,
      records: room.records.map(({ bytes }) => bytes),
    }
    return new Promise((resolve) => {
      host.link.call('restore', args, (result) => {
        host.outlet.pass(() => {
          if (room.phase === 'moving' && room.moves === moves && room.host === host.id)
            this.#restored(room, result, why)
          resolve()
        })
      })
    })
  }

  #restored(room: PlacedRoom, result: null | Refusal, why: Why): void {
    const { endings, entrances, counts, workers } = this.#options
    if (result instanceof Refusal) {
      // Its host died meanwhile: `hostGone` gives the room to the next one.
      if (result.code !== 'OUTCOME_UNKNOWN' && result.code !== 'UNAVAILABLE')
        endings.failed(room, `it cannot be restored: ${result.message}`)
      return
    }
    room.phase = 'running'
    counts.onRestored(why)
    entrances.reenter(room)
    for (const worker of room.viewers.workers)
      workers.tell(worker, 'gameStatus', { room: room.id, status: { status: 'restarted', tick: room.tick } })
    for (const { go } of room.waiting.splice(0)) go()
  }

  #journalCheckpoint(room: PlacedRoom, { tick, text }: { readonly tick: number; readonly text: string }): void {
    const { journal, log } = this.#options
    const failed = (error: unknown) => {
      if (!isStoreFault(error)) throw error
      // The records before it are still there.
      log.debug({ room: room.id, err: error }, 'a checkpoint was not written')
    }
    try {
      void journal.checkpoint({ room: room.id, tick, bytes: Buffer.from(text) })?.catch(failed)
    } catch (error) {
      failed(error)
    }
  }
}
