import { hash } from 'node:crypto'
import { areSame } from '../base/same-items.ts'
import { decodeGameBlock, encodeGameBlock, type BlockPatch } from '../link/game-block.ts'
import type { Handlers } from '../link/link.ts'
import { LINK_VERSION } from '../link/version.ts'
import type { InspectedRoom } from '../link/methods/games.ts'
import type { AddedBot, InputResult, LoadedFile, OfHostMethods, RoomEffect } from '../link/methods/host.ts'
import type { RoomEntry, RoomInspection } from '../link/methods/room-inspection.ts'
import { Refusal } from '../protocol/errors.ts'
import type { RoomId } from '../protocol/ids.ts'
import { Calls } from './calls.ts'
import { EndedRooms } from './ended-rooms.ts'
import { Endings } from './endings.ts'
import { Entrances } from './entrances.ts'
import { Finder } from './finder.ts'
import { GameFailures } from './game-failures.ts'
import { Hosts, type Host } from './hosts.ts'
import { Moves } from './moves.ts'
import { Outlet } from './outlet.ts'
import type { PlacementOptions } from './parts.ts'
import type { PlacedRoom } from './placed-room.ts'
import { Recovery } from './recovery.ts'
import { RoomRecordings } from './recordings.ts'
import { Relocation } from './relocation.ts'
import { RoomClock } from './room-clock.ts'
import { Takeovers } from './takeovers.ts'
import { Returns } from './returns.ts'
import { RoomJournals } from './room-journals.ts'
import { RoomEvents, type Place } from './room-events.ts'
import { Purchases } from './purchases.ts'
import { PlacedRooms } from './rooms.ts'
import { followTaken } from './taken.ts'

/** The handlers of what a host tells, except `unfit`, which the supervisor handles. */
type HostHandlers = Omit<Handlers<OfHostMethods>, 'unfit'>

/**
 * Identifies the code that a host's games run on. The version of Node is included, because another version may compute other
 * numbers.
 */
function codeOf(files: readonly LoadedFile[]): string {
  return hash('sha256', JSON.stringify([process.version, LINK_VERSION, files]), 'base64url')
}

/** The rooms with games of this node: which host runs each, which connections are in it, and where its messages go. */
export class Placement {
  readonly hosts = new Hosts()
  readonly rooms: PlacedRooms
  readonly entrances: Entrances
  readonly finder: Finder
  readonly endings: Endings
  readonly moves: Moves
  readonly recovery: Recovery
  readonly returns: Returns
  readonly takeovers: Takeovers
  readonly relocation: Relocation
  readonly calls: Calls
  readonly failures = new GameFailures()
  readonly purchases: Purchases
  readonly roomClock: RoomClock
  readonly recordings: RoomRecordings
  readonly #options: PlacementOptions
  readonly #events: RoomEvents
  readonly #journals: RoomJournals

  constructor(options: PlacementOptions) {
    this.#options = options
    this.roomClock = new RoomClock(options.clock, options.lastBeat?.atMs)
    const { endedMs, heldSeatsPerAddressMax } = options.limits
    const ended = new EndedRooms({ keepMs: endedMs, nowMs: options.clock.nowMs })
    this.rooms = new PlacedRooms(ended, heldSeatsPerAddressMax)
    this.recordings = new RoomRecordings(options.recorder)
    const { hosts, rooms, roomClock, recordings } = this
    this.calls = new Calls({ hosts, clock: options.clock, onHostLost: (host) => this.recovery.hostLost(host) })
    this.#events = new RoomEvents(options)
    this.#journals = new RoomJournals({ ...options, events: this.#events })
    const journals = this.#journals
    const { calls } = this
    this.purchases = new Purchases({ ...options, calls })
    const { purchases } = this
    this.entrances = new Entrances({ ...options, rooms, hosts, calls, purchases, roomClock })
    this.endings = new Endings({
      ...options,
      rooms,
      hosts,
      calls,
      purchases,
      journals,
      recordings,
      events: this.#events,
    })
    const { entrances, endings } = this
    const orphaned = (room: PlacedRoom) => this.recovery.orphaned(room)
    this.moves = new Moves({ ...options, hosts, entrances, journals, recordings, orphaned })
    const placed = { rooms, hosts, moves: this.moves, endings }
    this.takeovers = new Takeovers({
      ...placed,
      placeHomeless: () => {
        this.recovery.placeHomeless()
        void this.returns.again()
      },
      orphaned,
    })
    this.relocation = new Relocation({ ...options, ...placed })
    this.recovery = new Recovery({
      ...options,
      ...placed,
      recordings,
      onGone: (host) => this.takeovers.hostGone(host),
      onRefused: (room, refusal) => this.returns.refused(room, refusal),
    })
    const { recovery } = this
    followTaken({ ...options, ...placed, entrances })
    this.returns = new Returns({
      ...options,
      ...placed,
      recovery,
      roomClock,
      journals,
      recordings,
      events: this.#events,
    })
    const { returns } = this
    this.finder = new Finder({ ...options, rooms, hosts, roomClock, entrances, endings, journals, returns, recordings })
  }

  /** Call this from time to time. The other nodes are told what has changed of the rooms of this node. */
  tellOthers(): void {
    this.#options.owners.tell(this.rooms.all)
  }

  /** Call this from time to time. After a restart, the node reads from it when its rooms were last alive. */
  beat(): void {
    if (this.rooms.size > 0) this.#journals.beat({ atMs: this.roomClock.nowMs(), code: this.hosts.code })
  }

  /**
   * Adds a host that has started. It takes rooms once it listens; a successor does so through `takeovers.run`. Call
   * `recovery.hostGone` when it has ended.
   */
  addHost({ id, link, ...how }: Pick<Host, 'id' | 'link' | 'generation' | 'isSuccessor'>): void {
    const { journal, log } = this.#options
    let isFaulty = false
    const onFault = (error: Error) => {
      if (!isFaulty) log.error({ host: id, err: error }, 'the journal cannot be written: the messages of rooms wait')
      isFaulty = true
    }
    this.hosts.add({ id, link, ...how, outlet: new Outlet({ journal, onFault }) })
  }

  /** The handlers of what a host tells. What it says of a room that it no longer has is ignored. */
  handlersOf(id: number): HostHandlers {
    const behind = (handle: number, act: (room: PlacedRoom) => void) => {
      this.hosts.get(id)?.outlet.pass(() => {
        const room = this.rooms.byHandle(handle)
        if (room?.host === id && room.phase !== 'ending') act(room)
      })
    }
    return {
      listening: ({ files, ...loaded }) => {
        this.hosts.listens(id, { ...loaded, code: codeOf(files) })
        this.recovery.placeHomeless()
      },
      said: ({ handle, tick, effects }) =>
        behind(handle, (room) => {
          if (!room.hears(tick)) return
          let nth = 0
          for (const effect of effects) this.#said(room, effect, { tick, nth: effect.kind === 'say' ? nth++ : nth })
        }),
      listed: ({ handle, listing }) =>
        behind(handle, (room) => {
          const isUnlocked = room.isLockedByMaker && room.listing.isLocked && !listing.isLocked
          room.listing = listing
          if (!isUnlocked) return
          room.isLockedByMaker = false
          this.#journals.headChanged(room)
        }),
      checkpoint: ({ handle, tick, checkpoint }) =>
        behind(handle, (room) => this.moves.checkpoint(room, { tick, text: checkpoint })),
      over: ({ handle, ending }) => behind(handle, (room) => this.endings.over(room, ending)),
      failed: (failure) =>
        behind(failure.handle, (room) => {
          this.failures.add(failure, room.id, this.#options.clock.wallMs())
          this.takeovers.failed(room, failure)
        }),
      load: ({ busy, rooms, costly }) => {
        const host = this.hosts.get(id)
        if (!host) return
        Object.assign(host, { busy, measuredRooms: rooms, costly })
        this.relocation.measured(host)
      },
    }
  }

  /**
   * Takes a block of a host. Its records are committed, and then its patches go to the workers that have connections in their
   * rooms.
   */
  block(id: number, block: Buffer): void {
    const host = this.hosts.get(id)
    if (!host) return
    const { records, patches } = decodeGameBlock(block)
    const own = records.flatMap(({ handle, tick, bytes }) => {
      const room = this.rooms.byHandle(handle)
      // Copied, so that a record does not keep the memory of the whole block.
      return room?.host === id ? [{ room, tick, bytes: Uint8Array.from(bytes) }] : []
    })
    const entries = own.map(({ room, tick, bytes }) => ({ room: room.id, tick, bytes }))
    host.outlet.block(entries, block.length, (hasPatches) => {
      for (const { room, ...record } of own) {
        this.#options.counts.onJournal(record.bytes.length)
        this.recovery.recorded(room, record)
      }
      if (hasPatches) this.#pass(host, patches, records.length === 0 ? block : undefined)
    })
  }

  /** Reads a room as it is now, with its state. Throws ROOM_NOT_FOUND. */
  inspect(id: RoomId, done: (result: InspectedRoom | Refusal) => void, untilMs?: number): void {
    const room = this.requireRoom(id)
    const answer = (result: RoomInspection | Refusal) => {
      if (result instanceof Refusal) return done(result)
      const seats = result.seats.map(({ heldUntilMs, ...seat }) => {
        return { ...seat, heldUntilMs: heldUntilMs === null ? null : this.roomClock.toWallMs(heldUntilMs) }
      })
      done({ ...room.toListed(), version: room.game.version, host: room.host ?? null, ...result, seats })
    }
    this.calls.make(room, { method: 'inspect', args: { handle: room.handle }, done: answer, untilMs, mayRepeat: true })
  }

  /** Reads the latest entries of a room, the newest first. Throws ROOM_NOT_FOUND. */
  entries(
    { room: id, limit }: { readonly room: RoomId; readonly limit: number },
    done: (result: { readonly items: readonly RoomEntry[] } | Refusal) => void,
    untilMs?: number,
  ): void {
    const room = this.requireRoom(id)
    const answer = (result: { readonly items: readonly RoomEntry[] } | Refusal) => {
      if (result instanceof Refusal) return done(result)
      done({ items: result.items.map((entry) => ({ ...entry, atMs: this.roomClock.toWallMs(entry.atMs) })) })
    }
    const args = { handle: room.handle, limit }
    this.calls.make(room, { method: 'entries', args, done: answer, untilMs, mayRepeat: true })
  }

  /** Ends the seat of a user or a bot. Throws ROOM_NOT_FOUND. Refused with NOT_IN_ROOM if there is no such seat. */
  kick(
    { room: id, user }: { readonly room: RoomId; readonly user: string },
    done: (result: null | Refusal) => void,
    untilMs?: number,
  ): void {
    const room = this.requireRoom(id)
    const args = { handle: room.handle, user, why: 'kicked' }
    this.calls.make(room, { method: 'kick', args, done, untilMs, mayRepeat: false })
  }

  /** Sends an input in the name of a user who has a seat. Throws ROOM_NOT_FOUND. */
  inputAs(
    {
      room: id,
      ...input
    }: { readonly room: RoomId; readonly user: string; readonly name: string; readonly input: unknown },
    done: (result: InputResult | Refusal) => void,
    untilMs?: number,
  ): void {
    const room = this.requireRoom(id)
    const args = { handle: room.handle, ...input }
    this.calls.make(room, { method: 'inputAs', args, done, untilMs, mayRepeat: false })
  }

  /** Gives a seat to a bot. Throws ROOM_NOT_FOUND. */
  addBot(
    { room: id, bot }: { readonly room: RoomId; readonly bot: string },
    done: (result: AddedBot | Refusal) => void,
    untilMs?: number,
  ): void {
    const room = this.requireRoom(id)
    this.calls.make(room, {
      method: 'addBot',
      args: { handle: room.handle, bot },
      done,
      untilMs,
      mayRepeat: false,
    })
  }

  /** Ends the seat of a bot. Throws ROOM_NOT_FOUND. */
  removeBot(
    { room: id, seat }: { readonly room: RoomId; readonly seat: string },
    done: (result: null | Refusal) => void,
    untilMs?: number,
  ): void {
    const room = this.requireRoom(id)
    this.calls.make(room, {
      method: 'removeBot',
      args: { handle: room.handle, seat },
      done,
      untilMs,
      mayRepeat: false,
    })
  }

  /** Throws ROOM_NOT_FOUND; MOVED or UNAVAILABLE if another node has the room, or had it. */
  requireRoom(id: RoomId): PlacedRoom {
    const room = this.rooms.get(id)
    if (room && room.phase !== 'opening') return room
    this.#options.owners.requireHere(id)
    throw new Refusal('ROOM_NOT_FOUND', `no room with a game "${id}"`)
  }

  #said(room: PlacedRoom, effect: RoomEffect, at: Place): void {
    const { workers } = this.#options
    switch (effect.kind) {
      case 'say':
        this.#events.say(room, effect, at)
        return
      case 'left':
        // When a room ends, all connections leave it, after its end was announced.
        if (effect.why !== 'over') this.entrances.seatEnded(room, effect.user, effect.why)
        return
      case 'view':
        this.#tellView(room, effect.viewer)
        return
      case 'status': {
        const { status, tick } = effect
        for (const worker of room.viewers.workers)
          workers.tell(worker, 'gameStatus', { room: room.id, status: { status, tick } })
      }
    }
  }

  #tellView(room: PlacedRoom, number: number): void {
    const viewer = room.viewers.get(number)
    if (!viewer) return
    const { id: connectionId, worker } = viewer.connection
    this.#options.workers.tell(worker, 'gameView', { connectionId, room: room.id })
  }

  #pass({ id }: Host, patches: readonly BlockPatch[], whole: Buffer | undefined): void {
    const byWorker = new Map<number, BlockPatch[]>()
    for (const patch of patches) {
      const room = this.rooms.byHandle(patch.handle)
      if (room?.host !== id) continue
      for (const worker of room.viewers.workers) {
        const ofWorker = byWorker.get(worker)
        if (ofWorker) ofWorker.push(patch)
        else byWorker.set(worker, [patch])
      }
    }
    let made: { readonly patches: readonly BlockPatch[]; readonly block: Buffer } | undefined = whole && {
      patches,
      block: whole,
    }
    for (const [worker, wanted] of byWorker) {
      if (!made || !areSame(made.patches, wanted)) {
        made = { patches: wanted, block: encodeGameBlock({ records: [], patches: wanted }) }
      }
      this.#options.workers.sendGameBlock(worker, made.block)
    }
  }
}
