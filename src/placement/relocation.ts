import { toError } from '../base/assert.ts'
import type { MovedRoom } from '../link/methods/games.ts'
import { Refusal } from '../protocol/errors.ts'
import type { Endings } from './endings.ts'
import type { Host, Hosts } from './hosts.ts'
import type { Moves } from './moves.ts'
import type { PlacementOptions } from './parts.ts'
import type { PlacedRoom } from './placed-room.ts'
import type { PlacedRooms } from './rooms.ts'

export interface RelocationOptions extends Pick<PlacementOptions, 'limits' | 'log'> {
  readonly hosts: Hosts
  readonly rooms: PlacedRooms
  readonly moves: Moves
  readonly endings: Endings
}

/**
 * After a move, the other host must still be less busy than the first one, by at least this share of its time. Otherwise the room
 * would soon be moved back.
 */
const GAIN_MIN = 0.05
const RETRY_MS = 500

/**
 * Moves single rooms between running hosts: because an operator asks for it, or because one host is busy and another one is not.
 * The room stops after a tick in one host and runs the next tick in the other.
 */
export class Relocation {
  readonly #options: RelocationOptions
  /** Hosts that gave a room away or were given one, and have not measured their load since. */
  readonly #unmeasured = new Set<number>()

  constructor(options: RelocationOptions) {
    this.#options = options
  }

  /**
   * Moves a room. If the new host cannot restore it, it goes on in the old one.
   * @param to the id of a host; the least busy one by default
   * @throws CONFLICT if there is no such host, or the room runs there already; UNAVAILABLE if the room is moving for another reason
   */
  async move(room: PlacedRoom, to?: number): Promise<MovedRoom> {
    const { hosts, moves, endings, log } = this.#options
    // While a new version of the hosts is on trial, the old one may have to take its rooms back.
    if (room.phase !== 'running' || room.handedOver) throw movingAlready()
    const from = hosts.get(room.host)
    const target = to === undefined ? hosts.leastBusy(room.generation, from) : this.#require(room, to)
    if (!from || !target) throw new Refusal('CONFLICT', 'no other host takes rooms')
    if (target === from) throw new Refusal('CONFLICT', `the room runs in host ${from.id} already`)
    if (!(await moves.release(room))) throw movingAlready()
    const refusal = await moves.restore(room, target, 'move')
    if (!refusal) {
      if (room.phase !== 'running' || room.host !== target.id) throw movingAlready()
      log.info({ room: room.id, from: from.id, to: target.id, tick: room.tick }, 'a room was moved to another host')
      return { host: target.id, tick: room.tick }
    }
    log.warn({ room: room.id, host: target.id, why: refusal.message }, 'a room could not be moved to another host')
    const again = await moves.restore(room, from, 'move')
    if (again) endings.failed(room, `it cannot be restored: ${again.message}`)
    throw refusal
  }

  /**
   * A host has measured its load. If it is too busy, it gives its most expensive room to the least busy host: one room at a time, and
   * only if the other host is still less busy afterwards.
   */
  measured(host: Host): void {
    const { hosts, limits, log } = this.#options
    this.#unmeasured.delete(host.id)
    if (host.busy <= limits.balanceAbove || !host.isOpen) return
    const target = hosts.leastBusy(host.generation, host)
    if (!target || this.#unmeasured.has(target.id)) return
    const room = this.#costliest(host, (host.busy - target.busy - GAIN_MIN) / 2)
    if (!room) return
    for (const { id } of [host, target]) this.#unmeasured.add(id)
    log.info({ room: room.id, from: host.id, busy: host.busy, to: target.id }, 'a host is busy: it gives a room away')
    this.move(room, target.id).catch((thrown: unknown) => {
      if (!(thrown instanceof Refusal)) log.error({ room: room.id, err: toError(thrown) }, 'a room was not moved')
    })
  }

  /** @param shareMax a room that takes more would only make the other host the busy one */
  #costliest({ costly, id }: Host, shareMax: number): PlacedRoom | undefined {
    const { rooms } = this.#options
    for (const { handle, share } of costly) {
      const room = rooms.byHandle(handle)
      if (share <= shareMax && room?.phase === 'running' && room.host === id && !room.handedOver) return room
    }
    return undefined
  }

  #require({ generation }: PlacedRoom, id: number): Host {
    const host = this.#options.hosts.get(id)
    if (!host?.isOpen || host.generation < generation) throw new Refusal('CONFLICT', `host ${id} takes no rooms`)
    return host
  }
}

function movingAlready(): Refusal {
  return new Refusal('UNAVAILABLE', 'the room is not running now: it is starting, ending, or moving to another host', {
    retry_after_ms: RETRY_MS,
  })
}
