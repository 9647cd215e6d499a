import type { Link } from '../link/link.ts'
import type { CostlyRoom, GameInfo, HostMethods, OfHostMethods } from '../link/methods/host.ts'
import type { Outlet } from './outlet.ts'

export type HostLink = Pick<Link<OfHostMethods, HostMethods>, 'call' | 'tell'>

/** A process that runs rooms. */
export interface Host {
  readonly id: number
  readonly link: HostLink
  readonly outlet: Outlet
  /** Counts how often the hosts were replaced before it was started: those of one generation have the same code. */
  readonly generation: number
  /** It is to take over from another one, and takes no rooms until it has. */
  readonly isSuccessor: boolean
  /** By their names; empty until it listens. */
  games: ReadonlyMap<string, GameInfo>
  /** Names what they run on; empty until it listens. */
  code: string
  /** It takes rooms: it has started, and neither drains nor has ended. */
  isOpen: boolean
  /** Share of the time in which callbacks ran in the last second. */
  busy: number
  /** The rooms that `busy` is about. */
  measuredRooms: number
  /** Of them, those that take most, the first first. */
  costly: readonly CostlyRoom[]
  /** Handles of the rooms that it runs, or was asked to. */
  readonly rooms: Set<number>
}

/** What a room is taken to need before anything was measured. */
const SHARE_OF_A_ROOM = 0.001

/** The hosts of this node, and how much each has to do. */
export class Hosts {
  readonly #hosts = new Map<number, Host>()
  /** Of the newest hosts that take rooms, or did. */
  #games: ReadonlyMap<string, GameInfo> = new Map()
  #code = ''

  add(added: Pick<Host, 'id' | 'link' | 'outlet' | 'generation' | 'isSuccessor'>): Host {
    const host: Host = {
      ...added,
      games: new Map(),
      code: '',
      isOpen: false,
      busy: 0,
      measuredRooms: 0,
      costly: [],
      rooms: new Set(),
    }
    this.#hosts.set(host.id, host)
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

  /** Its games are loaded. It takes rooms, if it is no successor. */
  listens(id: number, { games, code }: { readonly games: readonly GameInfo[]; readonly code: string }): void {
    const host = this.#hosts.get(id)
    if (!host) return
    host.games = new Map(games.map((game) => [game.name, game]))
    host.code = code
    if (!host.isSuccessor) this.setOpen(host, true)
  }

  /** Whether it takes rooms from now on. */
  setOpen(host: Host, isOpen: boolean): void {
    host.isOpen = isOpen
    const newest = this.#newest()
    const [first] = newest
    if (!first) return
    this.#games = new Map(newest.flatMap(({ games }) => [...games]))
    this.#code = first.code
  }

  /** Of the newest hosts that take rooms, or did. */
  get code(): string {
    return this.#code
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

  /**
   * The one that has least to do, by the time that its rooms take, of those with the newest code; undefined if none takes rooms.
   * @param generation the room needs the code of this generation, or newer, unless all hosts have gone back to older code
   * @param but a host that is left out
   */
  leastBusy(generation = 0, but?: Host): Host | undefined {
    const isGivenUp = ![...this.#hosts.values()].some((host) => host.generation >= generation)
    const shareOfRoom = this.#shareOfRoom()
    let best: Host | undefined
    let least = Infinity
    for (const host of this.#newest()) {
      if (host === but || (!isGivenUp && host.generation < generation)) continue
      const expected = expectedLoad(host, shareOfRoom)
      if (expected < least) [best, least] = [host, expected]
    }
    return best
  }

  /** Those that take rooms and have the newest code. */
  #newest(): readonly Host[] {
    const open = [...this.#hosts.values()].filter(({ isOpen }) => isOpen)
    const generation = Math.max(...open.map((host) => host.generation))
    return open.filter((host) => host.generation === generation)
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
