import type { RestoredRoom, RestoreRoom } from '../link/methods/host.ts'
import { Refusal } from '../protocol/errors.ts'
import type { Entrances } from './entrances.ts'
import type { Host, Hosts } from './hosts.ts'
import type { PlacementOptions, Why } from './parts.ts'
import type { PlacedRoom, RoomCheckpoint } from './placed-room.ts'
import type { RoomJournals } from './room-journals.ts'
import type { RoomRecordings } from './recordings.ts'

export interface MovesOptions extends Pick<PlacementOptions, 'counts' | 'workers'> {
  readonly hosts: Hosts
  readonly journals: RoomJournals
  readonly entrances: Entrances
  readonly recordings: RoomRecordings
  /** Called with a room that has to go on although its host has ended, and that nobody else takes care of. */
  readonly orphaned: (room: PlacedRoom) => void
}

/** Lets single rooms leave a host, and lets another host go on with them. */
export class Moves {
  readonly #options: MovesOptions

  constructor(options: MovesOptions) {
    this.#options = options
  }

  /** No host runs the room from now on. Calls for it wait. */
  stop(room: PlacedRoom): void {
    room.phase = 'moving'
    room.moves++
  }

  /**
   * Has the host stop the room. Resolves to true when its checkpoint is here and it has no host any more. Resolves to false if
   * the room is over or its host has died, which is handled elsewhere.
   */
  release(room: PlacedRoom): Promise<boolean> {
    const host = this.#options.hosts.get(room.host)
    if (!host) return Promise.resolve(false)
    this.stop(room)
    const { moves } = room
    return new Promise((resolve) => {
      host.link.call('release', { handle: room.handle }, (result) => {
        host.outlet.pass(() => {
          const isReleased = room.phase === 'moving' && room.moves === moves && !(result instanceof Refusal)
          if (isReleased) {
            this.checkpoint(room, { tick: result.tick, text: result.checkpoint })
            host.rooms.delete(room.handle)
            room.host = undefined
          }
          resolve(isReleased)
        })
      })
    })
  }

  /**
   * Has the host go on with a room that no host runs. Resolves when it does, or when something else has happened to the room.
   * Resolves to a refusal if the host cannot go on with the room.
   */
  restore(room: PlacedRoom, host: Host, why: Why): Promise<Refusal | undefined> {
    const { checkpoint, records, handle, moves, awaySinceMs } = room
    if (!checkpoint) throw new Error(`the room ${room.id} has no checkpoint`)
    // The host ended while the room was on its way, and its other rooms have been given to other hosts already.
    if (this.#options.hosts.get(host.id) !== host) {
      this.#options.orphaned(room)
      return Promise.resolve(undefined)
    }
    room.host = host.id
    room.saysAgain()
    host.rooms.add(handle)
    const isOtherCode = room.generation !== host.generation || room.hasOthersRecords
    const version = host.games.get(room.game.name)?.version ?? room.game.version
    this.#options.recordings.goesOn(room, { isOtherCode, version })
    const args: RestoreRoom = {
      handle,
      checkpoint: checkpoint.text,
      records: records.map(({ bytes }) => bytes),
      isOtherCode,
      ...(awaySinceMs === undefined ? {} : { awaySinceMs }),
    }
    return new Promise((resolve) => {
      host.link.call('restore', args, (result) => {
        host.outlet.pass(() => {
          const isCurrent = room.phase === 'moving' && room.moves === moves && room.host === host.id
          // If the host died meanwhile, `hostGone` gives the room to the next one.
          const isLost =
            result instanceof Refusal && (result.code === 'OUTCOME_UNKNOWN' || result.code === 'UNAVAILABLE')
          if (isCurrent && !(result instanceof Refusal)) this.#runs(room, host, { ...result, why })
          resolve(isCurrent && !isLost && result instanceof Refusal ? result : undefined)
        })
      })
    })
  }

  /** Takes a checkpoint of the room from its host. */
  checkpoint(room: PlacedRoom, checkpoint: RoomCheckpoint): void {
    room.keepCheckpoint(checkpoint)
    const { journals, recordings } = this.#options
    recordings.checkpoint(room, checkpoint, () => {
      // If the room is ending, its journal is being deleted.
      if (room.phase !== 'ending') journals.checkpoint(room, checkpoint)
    })
  }

  #runs(room: PlacedRoom, host: Host, { seats, why }: RestoredRoom & { readonly why: Why }): void {
    const { entrances, counts, workers, recordings } = this.#options
    room.phase = 'running'
    room.generation = host.generation
    room.game = host.games.get(room.game.name) ?? room.game
    const hasReturned = room.awaySinceMs !== undefined
    room.awaySinceMs = undefined
    counts.onRestored(hasReturned ? 'start' : why)
    if (!hasReturned) recordings.runs(room, why)
    if (hasReturned) entrances.returned(room, seats)
    entrances.reenter(room)
    for (const worker of room.viewers.workers)
      workers.tell(worker, 'gameStatus', { room: room.id, status: { status: 'restarted', tick: room.tick } })
    for (const { go } of room.waiting.splice(0)) go()
  }
}
