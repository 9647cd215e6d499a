import type { Link } from '../link/link.ts'
import type { GameInfo, HostMethods, OfHostMethods } from '../link/methods/host.ts'
import type { Outlet } from './outlet.ts'

export type HostLink = Pick<Link<OfHostMethods, HostMethods>, 'call' | 'tell'>

/** A process that runs rooms. */
export interface Host {
  readonly id: number
  readonly link: HostLink
  readonly outlet: Outlet
  /** It takes rooms: it has started, and neither drains nor has ended. */
  isOpen: boolean
  /** Share of the time in which callbacks ran in the last second. */
  busy: number
  /** The rooms that `busy` is about. */
  measuredRooms: number
  /** Handles of the rooms that it runs, or was asked to. */
  readonly rooms: Set<number>
}

/** What a room is taken to need before anything was measured. */
const SHARE_OF_A_ROOM = 0.001

/** The hosts of this node, and how much each has to do. */
export class Hosts {
  readonly #hosts = new Map<number, Host>()
  readonly #games = new Map<string, GameInfo>()

  add(id: number, link: HostLink, outlet: Outlet): Host {
    const host: Host = { id, link, outlet, isOpen: false, busy: 0, measuredRooms: 0, rooms: new Set() }
    this.#hosts.set(id, host)
    return host
  }

  remove(id: number): void {
    this.#hosts.delete(id)
  }

  get(id: number | undefined): Host | undefined {
    return id === undefined ? undefined : this.#hosts.get(id)
  }

  get all(): Iterable<Host> {
    return this.#hosts.values()
  }

  /** Its games are loaded, and it takes rooms. */
  listens(id: number, games: readonly GameInfo[]): void {
    const host = this.#hosts.get(id)
    if (!host) return
    host.isOpen = true
    for (const game of games) this.#games.set(game.name, game)
  }

  /** Of what they have said, and is not in the journal yet. */
  get waitingBytes(): number {
    let bytes = 0
    for (const { outlet } of this.#hosts.values()) bytes += outlet.waitingBytes
    return bytes
  }

  /** In the order of their names. */
  get games(): readonly GameInfo[] {
    return [...this.#games.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  game(name: string): GameInfo | undefined {
    return this.#games.get(name)
  }

  /** The one that has least to do, by the time that its rooms take; undefined if none takes rooms. */
  leastBusy(): Host | undefined {
    const shareOfRoom = this.#shareOfRoom()
    let best: Host | undefined
    let least = Infinity
    for (const host of this.#hosts.values()) {
      if (!host.isOpen) continue
      const expected = expectedLoad(host, shareOfRoom)
      if (expected < least) [best, least] = [host, expected]
    }
    return best
  }

  /** What a room takes on average. */
  #shareOfRoom(): number {
    let busy = 0
    let rooms = 0
    for (const host of this.#hosts.values()) {
      busy += host.busy
      rooms += host.measuredRooms
    }
    return rooms === 0 || busy === 0 ? SHARE_OF_A_ROOM : busy / rooms
  }
}

/** What it had to do when that was measured last, with what it was given since. */
function expectedLoad({ busy, measuredRooms, rooms }: Host, shareOfRoom: number): number {
  return busy + (rooms.size - measuredRooms) * shareOfRoom
}
