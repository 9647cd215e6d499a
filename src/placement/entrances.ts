import type { Connection } from '../connections/connection.ts'
import type { GameInputArgs } from '../link/methods/games.ts'
import type { CatchUp, EnteredRoom, EnteredSeat, InputResult, RestoredSeat } from '../link/methods/host.ts'
import type { GameEntry, JoinArgs, JoinResult } from '../link/methods/rooms.ts'
import { Refusal, type ErrorCode } from '../protocol/errors.ts'
import { isGuestId, type RoomId, type UserId } from '../protocol/ids.ts'
import type { RoomGame } from '../rooms/room-game.ts'
import type { Calls } from './calls.ts'
import type { Hosts } from './hosts.ts'
import type { PlacementOptions } from './parts.ts'
import type { Holdings } from './holdings.ts'
import { PasswordTries } from './passwords.ts'
import type { PlacedRoom } from './placed-room.ts'
import type { Purchases } from './purchases.ts'
import type { RoomClock } from './room-clock.ts'
import type { PlacedRooms } from './rooms.ts'
import type { Viewer } from './viewers.ts'

export interface EntrancesOptions extends PlacementOptions {
  readonly rooms: PlacedRooms
  readonly hosts: Hosts
  readonly calls: Calls
  readonly purchases: Purchases
  readonly roomClock: RoomClock
}

export type Entered = JoinResult & { readonly game: GameEntry }

/** How a connection wants to come into a room. */
export interface Entrance {
  readonly connection: Connection
  readonly as: 'player' | 'spectator'
  readonly encoding: 'json' | 'binary'
  readonly untilMs: number | undefined
}

interface Admission extends Entrance {
  /** Whether the connection only wants its user's seat back, and no new one. */
  readonly isBack: boolean
  readonly holdings: Holdings
}

type Reply<Result> = (result: Result | Refusal) => void

/** Errors that say nothing about the room. The worker asks again. */
const TEMPORARY: ReadonlySet<ErrorCode> = new Set(['UNAVAILABLE', 'OVERLOADED', 'OUTCOME_UNKNOWN', 'DRAINING'])

/** The holdings of spectators and guests, and of users who already have a seat. */
const NOTHING: Holdings = { inventory: {}, ledgerEntry: 0 }

/** Lets connections into rooms with games, passes on what they do there, and lets them leave. */
export class Entrances implements RoomGame {
  readonly #options: EntrancesOptions
  readonly #passwords: PasswordTries
  #lastViewer = 0

  constructor(options: EntrancesOptions) {
    this.#options = options
    this.#passwords = new PasswordTries(options.clock.nowMs)
  }

  /**
   * Lets a connection into a room. `reply` is called after everything that the room has said before, and what the room says next
   * follows it. Refusals: those of the game, ROOM_NOT_FOUND, ROOM_LOCKED, FORBIDDEN, RATE_LIMITED.
   */
  join(args: JoinArgs, reply: Reply<Entered>, untilMs?: number): void {
    const connection = this.#options.registry.require(args.connectionId)
    const { rooms } = this.#options
    const ended = rooms.ended.why(args.room) ?? rooms.waiting.get(args.room)
    if (ended) this.#refuseEnded(args.room, connection, ended)
    const room = this.require(args.room, connection)
    const entrance = { connection, as: args.as, encoding: args.encoding, untilMs }
    if (connection.rooms.has(room.id) && !room.viewers.of(connection)) this.#comeBack(room, entrance, reply)
    else {
      if (!connection.rooms.has(room.id)) this.#passwords.require(room.password, args.password, connection)
      this.enter(room, entrance, reply)
    }
  }

  /** Lets the connection in as `join` does, but asks for no password. */
  enter(room: PlacedRoom, entrance: Entrance, reply: Reply<Entered>): void {
    const { connection, as } = entrance
    if (as === 'player' && room.isLockedByMaker && !room.seated.has(connection.userId))
      throw new Refusal('ROOM_LOCKED', 'the room is locked')
    void this.#admit(room, { ...entrance, isBack: false }, reply)
  }

  /** Throws ROOM_NOT_FOUND if there is no such room in the namespace of the connection. */
  require(id: RoomId, { namespace }: Pick<Connection, 'namespace'>): PlacedRoom {
    const { rooms, owners } = this.#options
    const room = rooms.get(id)
    if (room?.namespace === namespace) return room
    if (!room) owners.requireHere(id)
    throw new Refusal('ROOM_NOT_FOUND', `no room "${id}" in ${namespace}`)
  }

  input({ connectionId, room: id, name, input, seq }: GameInputArgs, done: Reply<InputResult>, untilMs?: number): void {
    const { room, viewer } = this.#requireViewer(connectionId, id)
    // The client goes on with another connection, so inputs from this one would be out of order.
    if (!room.speaks(viewer.connection))
      throw new Refusal('UNAVAILABLE', 'a newer connection of this session has sent inputs: nothing was done')
    const args = { handle: room.handle, viewer: viewer.number, name, input, seq }
    this.#options.calls.make(room, { method: 'input', args, done, untilMs, mayRepeat: false })
  }

  snapshot(connectionId: string, id: RoomId, done: Reply<EnteredRoom>, untilMs?: number): void {
    const { room, viewer } = this.#requireViewer(connectionId, id)
    const args = { handle: room.handle, viewer: viewer.number }
    const { calls, roomClock } = this.#options
    const told: Reply<EnteredRoom> = (seen) =>
      done(seen instanceof Refusal ? seen : { ...seen, startMs: roomClock.toWallMs(seen.startMs) })
    calls.make(room, { method: 'snapshot', args, done: told, untilMs, mayRepeat: true })
  }

  catchUp(viewed: { connectionId: string; room: RoomId; base: number }, done: Reply<CatchUp>, untilMs?: number): void {
    const { room, viewer } = this.#requireViewer(viewed.connectionId, viewed.room)
    const args = { handle: room.handle, viewer: viewer.number, base: viewed.base }
    this.#options.calls.make(room, { method: 'catchUp', args, done, untilMs, mayRepeat: true })
  }

  // The following methods are what `Members` asks: see `RoomGame`.

  owns(id: RoomId): boolean {
    const [game = ''] = id.split(':', 1)
    const { hosts, rooms, owners } = this.#options
    return (game !== id && (hosts.game(game) !== undefined || rooms.waiting.has(id))) || owners.isElsewhere(id)
  }

  mayReturn({ userId, session }: Connection, id: RoomId): boolean {
    const room = this.#options.rooms.get(id)
    if (!room) return false
    // The host of the room has yet to say who has a seat, so this is decided then.
    if (room.awaySinceMs !== undefined && room.password === undefined) return true
    return room.seated.has(userId) || (session !== undefined && room.sessions.has(session))
  }

  hasEndedFor(connection: Connection, id: RoomId): boolean {
    return this.#options.rooms.ended.wasIn(connection, id)
  }

  /**
   * The connection has left the room. The user's other connections leave it at once, because the user's next request for the room
   * may come before the game has said that the seat has ended.
   */
  left(connection: Connection, id: RoomId): void {
    const seat = this.#options.rooms.get(id)?.viewers.of(connection)?.seat ?? null
    this.#part(connection, id, 'leave')
    const room = this.#options.rooms.get(id)
    if (seat !== null && room) this.#givenUp(room, seat)
  }

  /** The host is told that the user leaves. Of the seat nobody here has anything from now on. */
  #givenUp(room: PlacedRoom, seat: UserId): void {
    if (room.leaving.has(seat)) room.leftUpTo.set(seat, this.#lastViewer)
    this.#putOutAll(room, seat, 'left')
  }

  /** The connection is gone. If its guest's address has as many held seats as it may, the seat ends as if the guest had left. */
  gone(connection: Connection, id: RoomId): void {
    const { rooms } = this.#options
    const room = rooms.get(id)
    const seat = room?.viewers.of(connection)?.seat ?? null
    const isLast = room && seat !== null && room.viewers.ofSeat(seat).length === 1
    if (isLast && !rooms.held.holdFor(connection, room.handle, seat)) this.left(connection, id)
    else this.#part(connection, id, 'exit')
  }

  // The following methods carry out what the room says.

  /** The user's seat has ended. The connections on it leave the room. */
  seatEnded(room: PlacedRoom, user: string, why: string): void {
    const leaving = room.leaving.get(user) ?? 0
    if (leaving > 1) room.leaving.set(user, leaving - 1)
    else {
      room.leaving.delete(user)
      room.leftUpTo.delete(user)
    }
    if (leaving === 0) this.#putOutAll(room, user, why)
  }

  #putOutAll(room: PlacedRoom, user: string, why: string): void {
    room.unseat(user)
    this.#options.rooms.held.release(room.handle, user)
    this.#options.purchases.unseated(room, user as UserId)
    for (const viewer of room.viewers.ofSeat(user)) {
      this.putOut(room, viewer, why)
      // The host may have let this connection in again meanwhile.
      this.#tellGone(room, viewer, 'exit')
    }
  }

  /** Takes a connection out of the room that did not ask to leave. */
  putOut(room: PlacedRoom, viewer: Viewer, why: string): void {
    const { members, workers } = this.#options
    const { connection } = viewer
    room.viewers.remove(viewer)
    if (!connection.rooms.has(room.id)) return
    members.leave(connection.id, room.id)
    workers.tell(connection.worker, 'roomLeft', { connectionId: connection.id, room: room.id, why })
  }

  /** A new host has the room. It is told of the connections in the room, and of those that went meanwhile. */
  reenter(room: PlacedRoom): void {
    const departures = room.departures.splice(0)
    room.leaving.clear()
    room.leftUpTo.clear()
    for (const viewer of room.viewers.all) this.#tellAgain(room, viewer)
    for (const { viewer, how } of departures) {
      this.#tellAgain(room, viewer)
      this.#tellGone(room, viewer, how)
    }
  }

  /** A room from before the node's start runs again. Sets who has a seat. */
  returned(room: PlacedRoom, seats: readonly RestoredSeat[]): void {
    room.unseatAll()
    for (const { user, ledgerEntry } of seats) this.#seated(room, user as UserId, ledgerEntry)
  }

  #tellAgain(room: PlacedRoom, viewer: Viewer): void {
    const done = (result: EnteredSeat | Refusal) => {
      if (this.#isEnding(room)) return
      // If the host dies now, the next host is told again.
      if (!(result instanceof Refusal) || result.code === 'OUTCOME_UNKNOWN' || result.code === 'UNAVAILABLE') return
      if (room.viewers.get(viewer.number) === viewer) this.putOut(room, viewer, result.message)
    }
    const args = { ...enterArgs(room, viewer), ...NOTHING, isBack: viewer.seat !== null }
    this.#options.calls.make(room, { method: 'enter', args, done, untilMs: Infinity, mayRepeat: false })
  }

  /** Whether the end of the room was not announced yet. Connections in the room stay until then. */
  #isEnding({ phase, id }: PlacedRoom): boolean {
    return phase === 'ending' && !this.#options.rooms.ended.has(id)
  }

  /** Throws the refusal. A resumed connection that waited for the end of the room has heard it now, and leaves the room. */
  #refuseEnded(id: RoomId, connection: Connection, why: Refusal): never {
    if (connection.rooms.has(id)) this.#options.members.leave(connection.id, id)
    throw why
  }

  /**
   * Lets a resumed connection in. It is a member of the room already, but has no view of the game. It gets its user's seat, or
   * watches as it did before. If it played on a seat that has ended meanwhile, it is refused with NOT_IN_ROOM.
   */
  #comeBack(room: PlacedRoom, entrance: Entrance, reply: Reply<Entered>): void {
    const { members, registry } = this.#options
    const { connection } = entrance
    const answer: Reply<Entered> = (result) => {
      if (result instanceof Refusal && this.#isEnding(room)) return reply(ends())
      const isFinal = result instanceof Refusal && !TEMPORARY.has(result.code)
      const isMember = registry.get(connection.id) === connection && connection.rooms.has(room.id)
      if (isFinal && isMember && !room.viewers.of(connection)) members.leave(connection.id, room.id)
      reply(result)
    }
    void this.#admit(room, { ...entrance, as: 'player', isBack: true }, (result) => {
      const hasNoSeat = result instanceof Refusal && result.code === 'NOT_IN_ROOM'
      if (hasNoSeat && room.roleOf(connection) !== 'player')
        void this.#admit(room, { ...entrance, as: 'spectator', isBack: false }, answer)
      else answer(result)
    })
  }

  async #admit(room: PlacedRoom, entrance: Omit<Admission, 'holdings'>, reply: Reply<Entered>): Promise<void> {
    const { roomService, clock } = this.#options
    const { connection, as, isBack } = entrance
    // Whoever comes back has a seat or gets none.
    const takesSeat = as === 'player' && !isBack
    if (takesSeat) room.reserve(connection.userId)
    const answer: Reply<Entered> = (result) => {
      if (takesSeat) room.release(connection.userId)
      reply(result)
    }
    try {
      const read = roomService.beginJoin(connection.id, room.id)
      const [join, holdings] = await Promise.all([read, this.#holdingsOf(entrance)])
      const untilMs = entrance.untilMs ?? Infinity
      if (untilMs <= clock.nowMs())
        throw new Refusal('UNAVAILABLE', 'the store did not answer in time: nothing was done')
      this.#ask(room, { ...entrance, holdings }, join, answer)
    } catch (thrown) {
      answer(this.#options.toRefusal(thrown))
    }
  }

  /** Reads what a new seat is given. */
  #holdingsOf({ connection, as, isBack }: Omit<Admission, 'holdings'>): Promise<Holdings> {
    if (as === 'spectator' || isBack || isGuestId(connection.userId)) return Promise.resolve(NOTHING)
    return this.#options.holdingsOf(connection.userId)
  }

  #ask(room: PlacedRoom, admission: Admission, join: () => JoinResult, reply: Reply<Entered>): void {
    const { calls, registry } = this.#options
    const { connection, as, encoding, holdings, isBack, untilMs } = admission
    const viewer: Viewer = { number: ++this.#lastViewer, connection, as, encoding, seat: null }
    const done = (result: EnteredSeat | Refusal) => {
      if (result instanceof Refusal) reply(result)
      else if (!registry.get(connection.id)) {
        this.#missed(room, viewer, result)
        reply(new Refusal('UNAVAILABLE', 'the connection is not known any more'))
      } else reply(this.#letIn(room, viewer, result, join))
    }
    const onLate = (result: EnteredSeat | Refusal) => result instanceof Refusal || this.#missed(room, viewer, result)
    const args = { ...enterArgs(room, viewer), ...holdings, isBack }
    calls.make(room, { method: 'enter', args, done, onLate, untilMs, mayRepeat: true })
  }

  /** The host has let in a connection that is gone, or does not wait any more. The seat is held, so the user's next search finds it. */
  #missed(room: PlacedRoom, viewer: Viewer, { seat, ledgerEntry }: EnteredSeat): void {
    if (room.phase === 'ending') return
    const user = (viewer.seat = seat as UserId | null)
    const isSeated = user !== null && !room.hasLeft(viewer)
    if (isSeated) this.#seated(room, user, ledgerEntry)
    const isLast = isSeated && room.viewers.ofSeat(user).length === 0
    const mayHold = !isLast || this.#options.rooms.held.holdFor(viewer.connection, room.handle, user)
    this.#tellGone(room, viewer, mayHold ? 'exit' : 'leave')
    if (isLast && !mayHold) this.#givenUp(room, user)
  }

  #letIn(room: PlacedRoom, viewer: Viewer, entered: EnteredSeat, join: () => JoinResult): Entered | Refusal {
    const { ledgerEntry, ...seen } = entered
    const { connection } = viewer
    const before = room.viewers.of(connection)
    viewer.seat = entered.seat as UserId | null
    if (room.hasLeft(viewer)) return new Refusal('NOT_IN_ROOM', 'the user has left the room meanwhile')
    try {
      const joined = join()
      room.viewers.add(viewer)
      if (viewer.seat !== null) this.#seated(room, viewer.seat, ledgerEntry)
      room.remember(viewer)
      if (before) this.#remove(room, before, 'exit')
      const startMs = this.#options.roomClock.toWallMs(seen.startMs)
      return { ...joined, game: { ...seen, startMs, handle: room.handle } }
    } catch (thrown) {
      this.#tellGone(room, viewer, 'exit')
      return this.#options.toRefusal(thrown)
    }
  }

  #seated(room: PlacedRoom, user: UserId, ledgerEntry: number): void {
    room.seat(user)
    this.#options.rooms.held.release(room.handle, user)
    this.#options.purchases.seated(room, user, ledgerEntry)
  }

  #part(connection: Connection, id: RoomId, how: 'exit' | 'leave'): void {
    const room = this.#options.rooms.get(id)
    const viewer = room?.viewers.of(connection)
    if (room && viewer) this.#remove(room, viewer, how)
  }

  #remove(room: PlacedRoom, viewer: Viewer, how: 'exit' | 'leave'): void {
    if (room.viewers.remove(viewer)) this.#tellGone(room, viewer, how)
  }

  #tellGone(room: PlacedRoom, viewer: Viewer, how: 'exit' | 'leave'): void {
    if (room.phase === 'ending') return
    if (room.phase === 'moving') {
      room.departures.push({ viewer, how })
      return
    }
    const { seat } = viewer
    if (how === 'leave' && seat !== null) room.leaving.set(seat, (room.leaving.get(seat) ?? 0) + 1)
    const moves = room.moves
    const done = (result: null | Refusal) => {
      // It is not known whether that host had recorded it, so the next host is told again.
      const isUnknown = result instanceof Refusal && result.code === 'OUTCOME_UNKNOWN'
      if (!isUnknown || room.phase === 'ending') return
      if (room.phase === 'moving') room.departures.push({ viewer, how })
      else if (room.moves !== moves) this.#tellAgainGone(room, viewer, how)
    }
    const args = { handle: room.handle, viewer: viewer.number }
    this.#options.calls.make(room, { method: how, args, done, untilMs: Infinity, mayRepeat: false })
  }

  #tellAgainGone(room: PlacedRoom, viewer: Viewer, how: 'exit' | 'leave'): void {
    this.#tellAgain(room, viewer)
    this.#tellGone(room, viewer, how)
  }

  /** Throws NOT_IN_ROOM, or UNAVAILABLE if the connection has gone. */
  #requireViewer(connectionId: string, id: RoomId): { readonly room: PlacedRoom; readonly viewer: Viewer } {
    const connection = this.#options.registry.require(connectionId)
    const room = this.#options.rooms.get(id)
    const viewer = room?.viewers.of(connection)
    if (room && viewer) return { room, viewer }
    throw new Refusal('NOT_IN_ROOM', `this connection is in no game in "${id}"`)
  }
}

/** The worker asks again, and by then the end of the room was announced. */
function ends(): Refusal {
  return new Refusal('UNAVAILABLE', 'the room ends', { retry_after_ms: 500 })
}

function enterArgs({ handle }: PlacedRoom, { number, connection, as, encoding }: Viewer) {
  return { handle, viewer: number, user: connection.userId, isGuest: isGuestId(connection.userId), as, encoding }
}
