import type { Connection } from '../connections/connection.ts'
import type { FindArgs, GameJoin, GameRoom, OpenArgs, Where } from '../link/methods/games.ts'
import type { GameInfo, OpenedRoom, OpenRoom } from '../link/methods/host.ts'
import type { JsonObject } from '../protocol/events.ts'
import { badRequest, Refusal, type ErrorCode } from '../protocol/errors.ts'
import { isGuestId, type Namespace, type RoomId } from '../protocol/ids.ts'
import { toSortedPage, type Page, type PageArgs } from '../protocol/page.ts'
import type { Endings } from './endings.ts'
import type { Entrances } from './entrances.ts'
import type { Host, Hosts } from './hosts.ts'
import type { PlacementOptions } from './parts.ts'
import { Password } from './passwords.ts'
import { PlacedRoom } from './placed-room.ts'
import type { Returns } from './returns.ts'
import type { RoomRecordings } from './recordings.ts'
import type { RoomClock } from './room-clock.ts'
import { headOf } from './room-head.ts'
import type { RoomJournals } from './room-journals.ts'
import type { PlacedRooms } from './rooms.ts'
import { fitsWhere, requireListed } from './where.ts'

export interface FinderOptions extends PlacementOptions {
  readonly rooms: PlacedRooms
  readonly hosts: Hosts
  readonly roomClock: RoomClock
  readonly entrances: Entrances
  readonly endings: Endings
  readonly returns: Returns
  readonly journals: RoomJournals
  readonly recordings: RoomRecordings
}

interface Search {
  readonly connection: Connection
  readonly args: FindArgs
  readonly game: GameInfo
  readonly reply: (result: GameJoin | Refusal) => void
  readonly untilMs: number | undefined
  /** The rooms that have refused this search. */
  readonly tried: Set<PlacedRoom>
}

/** What a room is opened with. */
interface Plan {
  readonly namespace: Namespace
  readonly game: GameInfo
  readonly options: JsonObject
  readonly isLocked: boolean
  readonly password: string | null
  /** Undefined means as the game says. */
  readonly isRecorded?: boolean | undefined
  /** The conditions of the search that makes the room. Undefined if it is made by REST. */
  readonly where?: Where
  /** See `PlacedRoom.madeBy`. */
  readonly madeBy?: string | undefined
}

/** Refusals of a room after which the search tries another one. */
const NEXT_ROOM: ReadonlySet<ErrorCode> = new Set([
  'ROOM_FULL',
  'ROOM_LOCKED',
  'ROOM_OVER',
  'ROOM_NOT_FOUND',
  'REFUSED',
  'GAME_FAILED',
])
/** How many rooms one search tries before it is refused. */
const TRIED_MAX = 8
/** How long a search waits for rooms that come back after a start, because one of them may fit. */
const RETURNS_MS = 1_000
const RANDOM_LENGTH = 12
/** Seeds are integers below this. */
const SEEDS = 2 ** 48

/**
 * Finds the best room for a player, or makes one. Each search chooses and reserves at once, so two searches never take the same
 * seat.
 */
export class Finder {
  readonly #options: FinderOptions
  /** The conditions of the search that makes a room, so that searches with the same conditions wait for that room. */
  readonly #wanted = new WeakMap<PlacedRoom, Where>()
  /** For each room that is being made in a cluster: whether this node may have its id. */
  readonly #claims = new WeakMap<PlacedRoom, Promise<true | Refusal>>()

  constructor(options: FinderOptions) {
    this.#options = options
  }

  /**
   * Lets a connection into the best room. Refusals: those of a join, GAME_NOT_FOUND, BAD_REQUEST, OVERLOADED, and FORBIDDEN for
   * guests if the game has none.
   */
  find(args: FindArgs, reply: Search['reply'], untilMs?: number): void {
    const connection = this.#options.registry.require(args.connectionId)
    const game = this.requireGame(args.game)
    if (isGuestId(connection.userId) && !game.seats.guests)
      throw new Refusal('FORBIDDEN', 'guests may not play this game')
    this.#requireListed(game.name, args.where)
    const search = { connection, args, game, reply, untilMs, tried: new Set<PlacedRoom>() }
    const { returns } = this.#options
    if (!returns.isUnderWay) this.#search(search)
    else void returns.settled(RETURNS_MS).then(() => this.#again(search))
  }

  /** Returns the rooms of a game that `where` allows, by their ids. */
  list(
    namespace: Namespace | null,
    { game, where, path, ...page }: PageArgs & { readonly game: string; readonly where: Where; readonly path?: string },
  ): Page<GameRoom> {
    this.requireGame(game)
    this.#requireListed(game, where, path)
    const { rooms, owners } = this.#options
    const here = [...rooms.ofGame(game)].filter(({ isThere }) => isThere).map((room) => room.toListed())
    const found = [...here, ...owners.ofGame(game)]
      .filter((room) => namespace === null || room.namespace === namespace)
      .filter(({ listing }) => fitsWhere(where, listing))
      .sort((a, b) => (a.room_id < b.room_id ? -1 : 1))
    return toSortedPage(found, ({ room_id }) => room_id, page)
  }

  /**
   * Makes a room. Refusals: those of its game, GAME_NOT_FOUND, OVERLOADED, UNAVAILABLE, and BAD_REQUEST if it cannot be recorded.
   */
  open({ record, ...args }: OpenArgs, done: (result: GameRoom | Refusal) => void): void {
    const game = this.requireGame(args.game)
    if (record === true && !this.#options.recordings.isOpen)
      throw badRequest('record', 'must not be true: this server keeps no recordings (GAME_RECORDINGS)')
    const room = this.#open({ ...args, game, isRecorded: record })
    room.waiting.push({ go: () => done(room.toListed()), ended: done })
  }

  /** Throws GAME_NOT_FOUND. */
  requireGame(name: string): GameInfo {
    const game = this.#options.hosts.game(name)
    if (!game) throw new Refusal('GAME_NOT_FOUND', `there is no game "${name}"`)
    return game
  }

  #search(search: Search): void {
    const found = this.#best(search)
    const elsewhere = found ? undefined : this.#elsewhere(search)
    if (elsewhere) return search.reply(elsewhere)
    const room = found ?? this.#open({ ...this.#planOf(search) })
    const { connection } = search
    // From now on the seat is reserved for this user, until the game has answered.
    room.reserve(connection.userId)
    const enter = () => this.#enter(room, search)
    if (room.phase !== 'opening') enter()
    else {
      room.waiting.push({
        go: enter,
        ended: (why) => {
          room.release(connection.userId)
          search.reply(why)
        },
      })
    }
  }

  #planOf({ connection, game, args }: Search): Plan {
    return {
      namespace: connection.namespace,
      game,
      options: args.options,
      isLocked: false,
      password: null,
      where: args.where,
      madeBy: connection.shareKey,
    }
  }

  #enter(room: PlacedRoom, search: Search): void {
    const { connection, args, reply, untilMs, tried } = search
    const answer = (result: GameJoin | Refusal) => {
      room.release(connection.userId)
      const isNext = result instanceof Refusal && NEXT_ROOM.has(result.code) && !this.#isOwn(room, search)
      if (!isNext) {
        reply(result)
        return
      }
      tried.add(room)
      this.#again(search)
    }
    try {
      if (this.#wanted.has(room)) requireListed(args.where, room.listing.listing, 'payload.where')
      this.#options.entrances.enter(room, { connection, as: 'player', encoding: args.encoding, untilMs }, answer)
    } catch (thrown) {
      answer(this.#options.toRefusal(thrown))
    }
  }

  #again(search: Search): void {
    try {
      if (search.tried.size >= TRIED_MAX)
        throw new Refusal('OVERLOADED', 'rooms fill up too fast', { retry_after_ms: 500 })
      this.#search(search)
    } catch (thrown) {
      search.reply(this.#options.toRefusal(thrown))
    }
  }

  /** Whether the room was made for this search, so that no other room could be better. */
  #isOwn(room: PlacedRoom, { args, connection }: Search): boolean {
    return this.#wanted.get(room) === args.where && room.viewers.size === 0 && !room.seated.has(connection.userId)
  }

  /**
   * Returns the room with the fewest free seats, so that matches begin. A room where the user already has a seat, or is on the
   * way to one, comes first.
   */
  #best({ connection, args, game, tried }: Search): PlacedRoom | undefined {
    let best: PlacedRoom | undefined
    for (const room of this.#options.rooms.ofGame(game.name)) {
      if (room.namespace !== connection.namespace || room.password !== undefined || tried.has(room)) continue
      const isOwn = room.expects(connection.userId)
      if (!isOwn && (room.isLocked || room.isFull)) continue
      if (!this.#fits(room, args.where)) continue
      if (isOwn) return room
      if (!best || room.seatsTaken > best.seatsTaken) best = room
    }
    return best
  }

  /** MOVED to the best room of another node. A client that plays here already is not sent away. */
  #elsewhere({ connection, args }: Search): Refusal | undefined {
    const { owners, rooms } = this.#options
    if (args.stay || owners.isAlone) return undefined
    for (const id of connection.rooms) if (rooms.get(id)) return undefined
    return owners.best(args.game, connection.namespace, args.where)
  }

  #fits(room: PlacedRoom, where: Where): boolean {
    if (room.phase !== 'opening') return room.isThere && fitsWhere(where, room.listing.listing)
    const wanted = this.#wanted.get(room)
    return wanted !== undefined && JSON.stringify(wanted) === JSON.stringify(where)
  }

  /** Throws BAD_REQUEST for conditions that no room of the game can meet, if there is a room to judge by. */
  #requireListed(game: string, where: Where, path = 'payload.where'): void {
    for (const room of this.#options.rooms.ofGame(game)) {
      if (!room.isThere) continue
      requireListed(where, room.listing.listing, path)
      return
    }
    for (const { listing } of this.#options.owners.ofGame(game)) {
      requireListed(where, listing, path)
      return
    }
  }

  #open({ namespace, game, options, isLocked, password, isRecorded = game.record, where, madeBy }: Plan): PlacedRoom {
    const { rooms, hosts, random, roomClock, limits } = this.#options
    const host = hosts.leastBusy()
    if (!host) throw new Refusal('UNAVAILABLE', 'no host for games is available now', { retry_after_ms: 1_000 })
    if (rooms.size >= limits.roomsMax || host.rooms.size >= limits.roomsPerHostMax)
      throw new Refusal('OVERLOADED', 'there are as many rooms as allowed', { retry_after_ms: 5_000 })
    if (madeBy !== undefined && rooms.countMadeBy(madeBy) >= limits.roomsPerUserMax)
      throw new Refusal('OVERLOADED', 'this user has made as many rooms as allowed (GAME_ROOMS_PER_USER)', {
        retry_after_ms: 5_000,
      })
    const opened: OpenRoom = {
      handle: rooms.newHandle(),
      roomId: newRoomId(game.name, random.token()),
      game: game.name,
      options,
      seed: Math.floor(random.fraction() * SEEDS),
      startMs: Math.floor(roomClock.nowMs()),
    }
    const hashed = password === null ? undefined : Password.of(password)
    const room = new PlacedRoom({ opened, namespace, game, password: hashed, isLocked, isRecorded, madeBy })
    room.host = host.id
    rooms.add(room)
    const claim = this.#options.owners.claim(room)
    if (claim) this.#claims.set(room, this.#claimed(claim))
    if (where !== undefined) this.#wanted.set(room, where)
    host.rooms.add(room.handle)
    host.link.call('open', opened, (result) => host.outlet.pass(() => this.#opened(room, host, result)))
    return room
  }

  #opened(room: PlacedRoom, host: Host, result: OpenedRoom | Refusal): void {
    if (room.phase !== 'opening') return
    if (result instanceof Refusal) this.#failed(room, host, result)
    else host.outlet.block([headOf(room)], 0, () => this.#begin(room, host))
  }

  async #claimed(claim: Promise<boolean>): Promise<true | Refusal> {
    try {
      return (await claim) || new Refusal('UNAVAILABLE', 'another node has a room of this id')
    } catch (thrown) {
      const { code, message } = this.#options.toRefusal(thrown)
      // Nobody has heard of the room.
      return new Refusal(code === 'OUTCOME_UNKNOWN' ? 'UNAVAILABLE' : code, `the room was not made: ${message}`)
    }
  }

  /** The head is in the journal now, so from here on the room comes back, whatever happens. */
  #begin(room: PlacedRoom, host: Host): void {
    const claim = this.#claims.get(room)
    if (claim === undefined) this.#run(room, host)
    else void this.#runIfClaimed(room, host, claim)
  }

  async #runIfClaimed(room: PlacedRoom, host: Host, claim: Promise<true | Refusal>): Promise<void> {
    const claimed = await claim
    if (room.phase !== 'opening') return
    if (claimed === true) this.#run(room, host)
    else {
      host.link.call('release', { handle: room.handle }, () => {})
      this.#failed(room, host, claimed)
    }
  }

  #run(room: PlacedRoom, host: Host): void {
    const { directory, limits, hosts } = this.#options
    if (hosts.get(host.id) === undefined)
      return this.#failed(room, host, new Refusal('UNAVAILABLE', 'the host of the room has ended'))
    room.phase = 'running'
    room.generation = host.generation
    directory.define(room.toDefinition(limits.roomCapacity))
    this.#options.owners.tell([room])
    for (const { go } of room.waiting.splice(0)) go()
  }

  #failed(room: PlacedRoom, host: Host, why: Refusal): void {
    const { rooms, journals, owners } = this.#options
    rooms.remove(room)
    owners.release(room)
    host.rooms.delete(room.handle)
    const isLost = why.code === 'OUTCOME_UNKNOWN'
    const told = isLost ? new Refusal('UNAVAILABLE', 'the host died while the room was made') : why
    for (const { ended } of room.waiting.splice(0)) ended(told)
    room.markGone()
    void journals.delete(room.id)
  }
}

/** The names of games are so short that a room's id has space for this. */
function newRoomId(game: string, token: string): RoomId {
  return `${game}:${token.slice(-RANDOM_LENGTH)}` as RoomId
}
