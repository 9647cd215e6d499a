import { toError } from '../base/assert.ts'
import { createUnixTime, type Clock } from '../base/clock.ts'
import { LineLimit } from '../base/line-limit.ts'
import type { Random } from '../base/random.ts'
import type { Scheduler } from '../base/scheduler.ts'
import { observeRealm } from '../games/realm.ts'
import type { GameInfo, OpenedRoom, OpenRoom, ReleasedRoom, RestoredRoom, RestoreRoom } from '../link/methods/host.ts'
import { Refusal } from '../protocol/errors.ts'
import { describeThrown } from './author-place.ts'
import { gameInfoOf } from './game-info.ts'
import { HostMetrics, isMeasured, MEASURED } from './host-metrics.ts'
import type { HostParts, PrimaryLink } from './host-parts.ts'
import { openRun } from './open-run.ts'
import { Outbound } from './outbound.ts'
import { rehearse } from './rehearsal.ts'
import { ReplayCheck } from './replay-check.ts'
import { RoomCosts } from './room-costs.ts'
import { restoreRoom } from './restore.ts'
import { Room } from './room.ts'
import type { RoomServices } from './room-services.ts'
import { SlowBots } from './slow-bots.ts'
import { Phases, TickClock } from './tick-clock.ts'

export interface RoomsOptions extends HostParts {
  readonly link: PrimaryLink
  readonly clock: Clock
  /** The origin of the clock of rooms, see `HostWelcome`. */
  readonly clockOriginMs: number
  readonly scheduler: Scheduler
  readonly random: Random
}

/** How many late ticks a room may catch up at once. */
const LATE_TICKS_MAX = 5
/** How often rooms look for seats that were held too long, and for their own end. */
const LOOK_MS = 100
const LOAD_MS = 1_000
/**
 * Limits the lines that one game writes with `room.log`. A client that makes a game log with each input must not fill the log.
 */
const AUTHOR_LINES = { perSecond: 10, burst: 500, kindsMax: 100 }
const AUTHOR_LINES_MS = 10_000
/** How many entries may wait in all rooms of a host together. */
const WAITING_MAX = 16_384
/** A host whose ticks are later than this takes no new rooms and no new inputs. */
const BEHIND_MS = 1_000
const RETRY_MS = 1_000

/** The rooms of this host, and the clock that runs them. */
export class Rooms {
  readonly gameInfos: readonly GameInfo[]
  readonly setLogLevel: HostParts['setLogLevel']
  readonly metrics: HostMetrics
  readonly #options: RoomsOptions
  readonly #services: RoomServices
  readonly #rooms = new Map<number, Room>()
  readonly #clock: TickClock
  readonly #phases = new Phases()
  readonly #out: Outbound
  readonly #cancels: (() => void)[] = []
  /** The clock of rooms. It does not notice if somebody changes the clock of the machine. */
  readonly #nowMs: () => number
  #isDraining = false
  /** How late the latest room of the last phase was, and the time of that phase. */
  #latenessMs = 0
  #latenessAtMs = 0
  #busyMs = 0
  readonly #costs = new RoomCosts()

  constructor(options: RoomsOptions) {
    const { clock, link, games, watch, settings, log, random, scheduler } = options
    this.#options = options
    this.#nowMs = createUnixTime(clock, options.clockOriginMs)
    this.#out = new Outbound((block) => link.sendBlock(block, 'game'))
    this.gameInfos = Array.from(games.values(), gameInfoOf)
    this.setLogLevel = options.setLogLevel
    this.metrics = new HostMetrics(options.metrics, games.keys(), {
      rooms: () => this.#rooms.size,
      seats: () => this.#countSeats(),
      sentBytes: () => this.#out.sentBytes,
    })
    this.#services = {
      settings,
      log,
      authorLines: new LineLimit(AUTHOR_LINES),
      metrics: this.metrics,
      watch,
      replayCheck: new ReplayCheck(options.copies),
      slowBots: new SlowBots({ metrics: this.metrics, log, budgetMs: settings.GAME_BOT_BUDGET }),
      queue: { max: WAITING_MAX, waiting: 0 },
      nowMs: this.#nowMs,
      chance: random.fraction,
      newTraceId: random.token,
      tell: (method, args) => link.tell(method, args),
      wake: (handle) => this.#schedule(handle),
      closed: (handle) => this.#forget(handle),
    }
    this.#clock = new TickClock({
      scheduler,
      nowMs: this.#nowMs,
      run: (handles, nowMs) => this.#runPhase(handles, nowMs),
    })
    observeRealm(watch)
    this.#repeat(LOOK_MS, () => this.#look())
    this.#repeat(LOAD_MS, () => this.#tellLoad())
    this.#repeat(AUTHOR_LINES_MS, () => this.#tellAuthorLines())
  }

  /** Throws ROOM_NOT_FOUND. */
  room(handle: number): Room {
    const room = this.#rooms.get(handle)
    if (!room) throw new Refusal('ROOM_NOT_FOUND', 'this host does not run the room')
    return room
  }

  find(handle: number): Room | undefined {
    return this.#rooms.get(handle)
  }

  /** Throws OVERLOADED if this host cannot keep up. */
  requireTime(): void {
    if (this.#latenessMs <= BEHIND_MS || this.#nowMs() - this.#latenessAtMs > BEHIND_MS) return
    throw new Refusal('OVERLOADED', 'the host of the room cannot keep up', { retry_after_ms: RETRY_MS })
  }

  open(args: OpenRoom): OpenedRoom {
    this.#requireOpen()
    this.requireTime()
    const game = this.#options.games.get(args.game)
    if (!game) throw new Refusal('GAME_NOT_FOUND', `there is no game "${args.game}"`)
    const { watch, settings } = this.#options
    const startMs = this.#phases.startOf(game.hz, args.startMs)
    watch.room(args.handle, game.name, 0)
    const onFailure = (callback: string, error: unknown) => this.#failedBefore(args, callback, error)
    const run = openRun({ game, args, startMs, stateBytesMax: settings.GAME_STATE_BYTES, onFailure })
    const room = new Room(args.handle, run, this.#services)
    this.#add(room)
    room.tellCheckpoint(this.#out)
    room.tellListing(true, this.#out)
    this.#out.flush()
    return { startMs }
  }

  restore(args: RestoreRoom): RestoredRoom {
    this.#requireOpen()
    const { games } = this.#options
    const room = restoreRoom({ args, games, services: this.#services, out: this.#out })
    if (!room.isClosed) this.#add(room)
    this.#out.flush()
    const players = room.run.seats.filter(({ bot }) => bot === undefined)
    return { seats: players.map(({ id: user, ledgerEntry }) => ({ user, ledgerEntry })) }
  }

  /** See `HostMethods.rehearse`. */
  rehearse(args: RestoreRoom): void {
    rehearse(args, this.#options.games, this.#services)
  }

  release(handle: number, released: (room: ReleasedRoom) => void): void {
    this.room(handle).release(this.#out, released)
    this.#out.flush()
  }

  /**
   * Stops all rooms. Resolves when their checkpoints were told, or when the time is over. Rooms that are left then stop where
   * they are.
   */
  drain(withinMs: number): Promise<void> {
    this.#isDraining = true
    const { link, scheduler } = this.#options
    return new Promise((resolve) => {
      const look = () => {
        if (this.#rooms.size === 0) resolve()
      }
      for (const { handle } of Array.from(this.#rooms.values())) {
        this.release(handle, ({ tick, checkpoint }) => {
          link.tell('checkpoint', { handle, tick, checkpoint })
          look()
        })
      }
      look()
      this.#cancels.push(scheduler.after(withinMs, resolve))
    })
  }

  close(): void {
    observeRealm(undefined)
    this.#clock.stop()
    for (const cancel of this.#cancels) cancel()
    for (const { tasks } of this.#rooms.values()) tasks.stop()
    this.#rooms.clear()
  }

  #requireOpen(): void {
    if (this.#isDraining) throw new Refusal('DRAINING', 'the host is stopping', { retry_after_ms: RETRY_MS })
  }

  #add(room: Room): void {
    this.#rooms.set(room.handle, room)
    this.#phases.add(room.game.hz, room.run.startMs)
    this.#schedule(room.handle)
  }

  #forget(handle: number): void {
    const room = this.#rooms.get(handle)
    if (!room) return
    this.#rooms.delete(handle)
    this.#services.replayCheck.forget(handle)
    this.#costs.forget(handle)
    this.#phases.remove(room.game.hz, room.run.startMs)
    this.#clock.set(handle, undefined)
  }

  #schedule(handle: number): void {
    const room = this.#rooms.get(handle)
    if (room) this.#clock.set(handle, room.dueMs)
  }

  #runPhase(handles: readonly number[], nowMs: number): void {
    const startedMs = this.#options.clock.nowMs()
    this.#latenessMs = 0
    this.#latenessAtMs = nowMs
    for (const handle of handles) {
      const room = this.#rooms.get(handle)
      if (!room) continue
      for (let i = 0; i < LATE_TICKS_MAX && (room.dueMs ?? Infinity) <= nowMs; i++) this.#tick(room, nowMs)
      this.#latenessMs = Math.max(this.#latenessMs, room.latenessMs)
      this.#schedule(handle)
      this.#out.flushIfLarge()
    }
    this.#out.flush()
    this.#busyMs += this.#options.clock.nowMs() - startedMs
  }

  #tick(room: Room, nowMs: number): void {
    const { clock } = this.#options
    const isTimed = isMeasured(room.handle, room.run.tick)
    const startedMs = isTimed ? clock.nowMs() : 0
    room.tick(nowMs, this.#out)
    this.metrics.ticked(room.game.hz > 0 && room.latenessMs >= 1000 / room.game.hz)
    if (!isTimed) return
    const tookMs = clock.nowMs() - startedMs
    this.metrics.measured(tookMs, room.latenessMs)
    if (!room.isClosed) this.#costs.add(room.handle, tookMs * MEASURED)
  }

  #look(): void {
    for (const room of Array.from(this.#rooms.values())) room.look(this.#out)
    this.#out.flush()
  }

  #tellLoad(): void {
    const busy = Math.min(1, this.#busyMs / LOAD_MS)
    this.#options.link.tell('load', { busy, rooms: this.#rooms.size, costly: this.#costs.take(LOAD_MS) })
    this.#busyMs = 0
  }

  #repeat(everyMs: number, action: () => void): void {
    const at = this.#cancels.length
    const again = (): void => {
      this.#cancels[at] = this.#options.scheduler.after(everyMs, () => {
        again()
        action()
      })
    }
    again()
  }

  /** Reports that a callback failed before the room existed. Returns the trace id in the line of the log. */
  #failedBefore({ handle, roomId, game }: OpenRoom, callback: string, error: unknown): string {
    const { random, log, link } = this.#options
    const traceId = random.token()
    const described = describeThrown(error)
    this.metrics.gameFailed(game)
    log.error(
      { room: roomId, game, callback, tick: 0, traceId, place: described.place, err: toError(error) },
      'a game failed',
    )
    link.tell('failed', { handle, game, callback, tick: 0, traceId, ...described })
    return traceId
  }

  #tellAuthorLines(): void {
    for (const [game, lines] of this.#services.authorLines.takeLeftOut()) {
      this.#options.log.warn({ game, lines }, 'lines of a game were left out: it logs too many')
    }
  }

  #countSeats(): number {
    let seats = 0
    for (const { run } of this.#rooms.values()) seats += run.seats.length
    return seats
  }
}
