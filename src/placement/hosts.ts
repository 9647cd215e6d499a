import type { Link } from '../link/link.ts'
import type { CostlyRoom, GameInfo, GameSource, HostMethods, OfHostMethods } from '../link/methods/host.ts'
import type { Outlet } from './outlet.ts'

export type HostLink = Pick<Link<OfHostMethods, HostMethods>, 'call' | 'tell'>

/** A process that runs rooms. */
export interface Host {
  readonly id: number
  readonly link: HostLink
  readonly outlet: Outlet
  /** How often the hosts had been replaced when this host was started. Hosts of one generation have the same code. */
  readonly generation: number
  /** Whether the host is to take over from another one. Until it has, it takes no rooms. */
  readonly isSuccessor: boolean
  /** By name. Empty until the host listens. */
  games: ReadonlyMap<string, GameInfo>
  /** Where its games were loaded from, by name. Empty until the host listens. */
  sources: ReadonlyMap<string, GameSource>
  /** Identifies the code of the games, see `codeOf`. Empty until the host listens. */
  code: string
  /** Whether the host takes rooms: it has started, is not draining and has not ended. */
  isOpen: boolean
  /** The share of the last second in which callbacks ran, 0 to 1. */
  busy: number
  /** How many rooms the host had when `busy` was measured. */
  measuredRooms: number
  /** The most expensive of these rooms, the most expensive first. */
  costly: readonly CostlyRoom[]
  /** The handles of the rooms that it runs or was asked to run. */
  readonly rooms: Set<number>
}

/** What a host has loaded. */
interface Loaded {
  readonly games: readonly GameInfo[]
  readonly sources: readonly GameSource[]
  readonly code: string
}

/** The assumed load of a room before anything was measured. */
const SHARE_OF_A_ROOM = 0.001

/** The hosts of this node, and the load of each. */
export class Hosts {
  readonly #hosts = new Map<number, Host>()
  /** The games of the newest hosts that take rooms, or of the last ones that did. */
  #games: ReadonlyMap<string, GameInfo> = new Map()
  #sources: ReadonlyMap<string, GameSource> = new Map()
  #code = ''

  add(added: Pick<Host, 'id' | 'link' | 'outlet' | 'generation' | 'isSuccessor'>): Host {
    const host: Host = {
      ...added,
      games: new Map(),
      sources: new Map(),
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

  /** The host has loaded its games. Unless it is a successor, it takes rooms from now on. */
  listens(id: number, { games, sources, code }: Loaded): void {
    const host = this.#hosts.get(id)
    if (!host) return
    host.games = new Map(games.map((game) => [game.name, game]))
    host.sources = new Map(sources.map((source) => [source.name, source]))
    host.code = code
    if (!host.isSuccessor) this.setOpen(host, true)
  }

  setOpen(host: Host, isOpen: boolean): void {
    host.isOpen = isOpen
    const newest = this.#newest()
    const [first] = newest
    if (!first) return
    this.#games = new Map(newest.flatMap(({ games }) => [...games]))
    this.#sources = new Map(newest.flatMap(({ sources }) => [...sources]))
    this.#code = first.code
  }

  /** Where the games of the newest hosts that take rooms, or of the last ones that did, were loaded from. By name. */
  get sources(): ReadonlyMap<string, GameSource> {
    return this.#sources
  }

  /** The code of the newest hosts that take rooms, or of the last ones that did. */
  get code(): string {
    return this.#code
  }

  /** The bytes that hosts have sent and that are not in the journal yet. */
  get waitingBytes(): number {
    let bytes = 0
    for (const { outlet } of this.#hosts.values()) bytes += outlet.waitingBytes
    return bytes
  }

  /** The games, sorted by name. */
  get games(): readonly GameInfo[] {
    return [...this.#games.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  game(name: string): GameInfo | undefined {
    return this.#games.get(name)
  }

  /**
   * Returns the host with the least load among those with the newest code, measured by the time that its rooms take. Returns
   * undefined if no host takes rooms.
   * @param generation the room needs code of this generation or a newer one, unless all hosts have gone back to older code
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

  /** The hosts that take rooms and have the newest code. */
  #newest(): readonly Host[] {
    const open = [...this.#hosts.values()].filter(({ isOpen }) => isOpen)
    const generation = Math.max(...open.map((host) => host.generation))
    return open.filter((host) => host.generation === generation)
  }

  /** The average load of a room. */
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

/** The load when it was last measured, and the expected load of the rooms that came since. */
function expectedLoad({ busy, measuredRooms, rooms }: Host, shareOfRoom: number): number {
  return busy + (rooms.size - measuredRooms) * shareOfRoom
}
