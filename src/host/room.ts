import { botOf, Bots } from '../games/bots.ts'
import type { Game } from '../games/define.ts'
import type { Seat } from '../games/definition.ts'
import type { Effect, Entry, TickResult } from '../games/entries.ts'
import { encodeEntries, joinTick } from '../games/journal.ts'
import type { GameRun } from '../games/run.ts'
import type { TakenSeat } from '../games/seats.ts'
import { hashOf } from '../games/sync/tree-hash.ts'
import type { ReleasedRoom, RoomEffect } from '../link/methods/host.ts'
import { Refusal } from '../protocol/errors.ts'
import { HostBotPace } from './bot-pace.ts'
import { BotViews } from './bot-views.ts'
import { EntryQueue, type Waiting } from './entry-queue.ts'
import { FailureLog } from './failure-log.ts'
import { InputLimits } from './input-limits.ts'
import { ListingNews } from './listing-news.ts'
import type { Outbound } from './outbound.ts'
import type { PatchParts } from './patch-frame.ts'
import { RecentEntries } from './recent-entries.ts'
import { replyOf } from './replies.ts'
import { encodeCheckpoint } from './room-checkpoint.ts'
import type { RoomParts } from './room-parts.ts'
import { RoomRules } from './room-rules.ts'
import type { RoomServices } from './room-services.ts'
import { RoomViews } from './room-views.ts'
import { Seating } from './seating.ts'
import { Tasks } from './tasks.ts'

/** If a tick is later than this, clients are told that the room is paused. */
const PAUSED_MS = 1_000
/** The time between two checkpoints of a room whose ticks have no fixed length. */
const CHECKPOINT_MS = 1_000
/** If views fail this often, with no tick in between in which all views worked, the room ends, as it does for a callback. */
const VIEW_FAILURES_MAX = 10

/** A room as it runs in this host: the entries that wait for it, the users who are in it, and what it says in each tick. */
export class Room implements RoomParts {
  readonly handle: number
  readonly run: GameRun
  readonly services: RoomServices
  readonly seating: Seating
  readonly queue: EntryQueue
  readonly views: RoomViews
  readonly limits = new InputLimits()
  readonly recent: RecentEntries
  readonly failures: FailureLog
  readonly tasks: Tasks
  readonly #bots: Bots
  readonly #botPace: HostBotPace
  readonly #listing: ListingNews
  readonly #rules = new RoomRules(this)
  /** How late the last tick was. */
  latenessMs = 0
  /** Whether the room is over or goes on in another host. */
  isClosed = false
  #isPaused = false
  #viewFailures = 0
  #checkpointDueMs = 0
  #checkpointTick = -1
  #seatsSeen: readonly Seat[] = []
  #release: ((released: ReleasedRoom) => void) | undefined

  constructor(handle: number, run: GameRun, services: RoomServices) {
    this.handle = handle
    this.run = run
    this.services = services
    const { game, roomId } = run
    this.seating = new Seating(game)
    this.queue = new EntryQueue(services.queue)
    this.recent = new RecentEntries(services.settings.GAME_RECENT_BYTES)
    this.failures = new FailureLog(
      {
        roomId,
        game: game.name,
        log: services.log,
        newTraceId: services.newTraceId,
        onFailure: () => services.metrics.gameFailed(game.name),
        tell: (failure) => services.tell('failed', { handle, game: game.name, ...failure }),
      },
      services.nowMs(),
    )
    this.views = new RoomViews({ run, handle, onFailure: (callback, error) => this.#viewFailed(callback, error) })
    this.tasks = new Tasks(game, (entry) => this.push({ entry }))
    this.#botPace = new HostBotPace({
      game,
      budgetMs: services.settings.GAME_BOT_BUDGET,
      nowMs: services.nowMs,
      onSkipped: (slow) => services.slowBots.skipped(run, slow),
    })
    const views = new BotViews(run, this.views)
    this.#bots = new Bots({
      run,
      see: (seat) => views.of(seat),
      random: services.chance,
      pace: this.#botPace,
    })
    this.#listing = new ListingNews(this)
  }

  get game(): Game {
    return this.run.game
  }

  /**
   * When the next tick is due, by the clock of rooms. Undefined if nothing has to happen. It may be in the past: waiting entries
   * are due at once.
   */
  get dueMs(): number | undefined {
    if (this.isClosed) return undefined
    if (this.game.hz > 0) return this.run.dueMs(this.run.tick + 1)
    return this.queue.length > 0 || this.#bots.hasInputs ? this.run.nowMs : this.run.nextDue
  }

  seatOf(user: string): TakenSeat | undefined {
    return this.run.seats.find(({ id }) => id === user)
  }

  push(waiting: Waiting): void {
    if (this.isClosed) return
    this.queue.push(waiting)
    if (this.game.hz === 0) this.services.wake(this.handle)
  }

  pushAll(entries: readonly Entry[]): void {
    for (const entry of entries) this.push('user' in entry ? { entry, user: entry.user } : { entry })
  }

  /** Reports that a callback outside of a step failed. Returns the trace id in its line of the log. */
  failed(callback: string, error: unknown): string {
    return this.failures.add({ callback, error }, this.run.tick, this.services.nowMs())
  }

  /** Runs the next tick, and puts what it says into `out`. */
  tick(nowMs: number, out: Outbound): void {
    const { handle, run, game, services } = this
    const waiting = this.queue.take()
    const ofOthers = waiting.map(({ entry }) => entry)
    const ofBots = this.#bots.take(ofOthers)
    const all = [...ofBots, ...ofOthers]
    const entries = encodeEntries(all)
    services.watch.room(handle, game.name, run.tick + 1)
    const result = run.step(all, Math.floor(nowMs))
    this.latenessMs = game.hz > 0 ? Math.max(0, nowMs - run.dueMs(run.tick)) : 0
    services.replayCheck.ticked(this, { entries, nowMs: Math.floor(nowMs), result })
    const { tick } = result
    for (const failure of result.failures) this.failures.add(failure, tick, nowMs)
    if (all.length > 0 || run.isCheckpointTick) {
      const hash = run.isHashTick ? hashOf(run.shape, run.tree) : null
      const at = { tick, nowMs: game.hz === 0 ? result.nowMs : 0, hash }
      const bytes = joinTick(at, entries)
      out.record({ handle, tick, bytes })
      this.#remember(result, bytes, nowMs)
    }
    const moved = this.#rekey()
    this.#patch({ acks: acksOf(waiting), events: result.events }, out)
    // Connections that leave in this tick still get its patch, as all do when the room ends.
    this.#settle(result, waiting, nowMs)
    out.behind(() => this.#answer(waiting, result, ofBots.length))
    this.say(result, moved, out)
    if (this.isClosed) return
    if (this.#release && run.isCheckpointTick) {
      this.#releaseNow(out)
      return
    }
    if (this.#isCheckpointDue) this.tellCheckpoint(out)
    this.think()
  }

  /** Asks the bots what they do in the next tick. Call this when the state has changed. */
  think(): void {
    const { handle, game, run, services } = this
    if (this.isClosed || !run.seats.some((seat) => botOf(game, seat) !== undefined)) return
    services.watch.room(handle, game.name, run.tick)
    for (const { callback, error } of this.#bots.think()) this.failed(callback, error)
    if (game.hz === 0 && this.#bots.hasInputs) services.wake(handle)
  }

  /** If the game has changed seats, checks whether connections have another view. Returns the effects that tell them. */
  #rekey(): RoomEffect[] {
    if (this.#seatsSeen === this.run.seats) return []
    this.#seatsSeen = this.run.seats
    return this.views.rekey((viewer) => this.#seatOfViewer(viewer)).map((viewer) => ({ kind: 'view', viewer }))
  }

  /** Updates the seating after a tick. */
  #settle(result: TickResult, waiting: readonly Waiting[], nowMs: number): void {
    const users = new Set(waiting.flatMap(({ user }) => (user === undefined ? [] : [user])))
    for (const effect of result.effects) {
      if (effect.kind !== 'left') continue
      users.add(effect.user)
      this.limits.forget(effect.user)
      this.#botPace.forget(effect.user)
    }
    for (const user of users) {
      if (this.queue.has(user)) continue
      const seat = this.seatOf(user)
      // A user who came under the name of a bot was refused and has no seat.
      const own = seat?.bot === undefined ? seat : undefined
      for (const viewer of this.seating.settle(user, own, nowMs)) this.views.detach(viewer)
    }
  }

  /** Puts what follows from a tick, besides patches and replies, into `out`. */
  say({ tick, effects, ending, hasChanged }: TickResult, first: readonly RoomEffect[], out: Outbound): void {
    const told = [...first, ...effects.flatMap((effect) => this.#carryOut(effect)), ...this.#status(tick)]
    if (told.length > 0) out.behind(() => this.services.tell('said', { handle: this.handle, tick, effects: told }))
    this.tellListing(hasChanged, out)
    if (ending) {
      const over = { why: ending.why, tick, result: ending.result, rewards: ending.rewards }
      this.close('ROOM_OVER', 'the room is over', out)
      out.behind(() => this.services.tell('over', { handle: this.handle, ending: over }))
    }
  }

  /** Call this after each tick, and once before searches can find the room. */
  tellListing(hasChanged: boolean, out: Outbound): void {
    const listing = this.#listing.look(hasChanged)
    if (listing) out.behind(() => this.services.tell('listed', { handle: this.handle, listing }))
  }

  /** Call this from time to time. */
  look(out: Outbound): void {
    this.#rules.look()
    if (this.game.hz === 0 && this.#bots.isBehind && !this.#bots.hasInputs) this.think()
    if (this.game.hz === 0 && this.run.tick > this.#checkpointTick && this.#isCheckpointDue) this.tellCheckpoint(out)
  }

  /** Call this only if `run.isCheckpointTick`. */
  tellCheckpoint(out: Outbound): void {
    const { tick } = this.run
    const checkpoint = encodeCheckpoint(this)
    this.#checkpointTick = tick
    this.#checkpointDueMs = this.services.nowMs() + CHECKPOINT_MS
    out.behind(() => this.services.tell('checkpoint', { handle: this.handle, tick, checkpoint }))
  }

  /** A checkpoint is due once a second. If ticks have no fixed length, `look` makes the last one of a second. */
  get #isCheckpointDue(): boolean {
    if (!this.run.isCheckpointTick) return false
    return this.game.hz > 0 || this.services.nowMs() >= this.#checkpointDueMs
  }

  /** Stops the room after its next tick. `released` gets what another host needs to go on from there. */
  release(out: Outbound, released: (room: ReleasedRoom) => void): void {
    this.#release = released
    // If ticks have no fixed length and nothing waits, there is no next tick.
    if (this.game.hz === 0 && this.queue.length === 0) this.#releaseNow(out)
    else this.push({ entry: { kind: 'moved' } })
  }

  /** Ends the room in this host. The entries that wait are refused. */
  close(code: 'ROOM_OVER' | 'OVERLOADED' | 'UNAVAILABLE', message: string, out: Outbound): void {
    if (this.isClosed) return
    this.isClosed = true
    this.tasks.stop()
    const left = this.queue.drain()
    const outcome = { kind: 'closed', refusal: new Refusal(code, message) } as const
    out.behind(() => left.forEach(({ done }) => done?.(outcome, this.run.tick)))
    this.services.closed(this.handle)
  }

  #releaseNow(out: Outbound): void {
    const released = this.#release
    const room = { tick: this.run.tick, checkpoint: encodeCheckpoint(this) }
    this.close('OVERLOADED', 'the room goes on in another process', out)
    out.behind(() => released?.(room))
  }

  #patch(news: Pick<PatchParts, 'acks' | 'events'>, out: Outbound): void {
    const failures = this.#viewFailures
    for (const patch of this.views.patches(news)) out.patch(patch)
    if (this.#viewFailures === failures) this.#viewFailures = 0
  }

  #remember({ outcomes, tick }: TickResult, record: Uint8Array, nowMs: number): void {
    const about = { tick, atMs: Math.floor(nowMs), record, count: outcomes.length }
    this.recent.ticked(about, (place) => {
      const outcome = outcomes[place]
      if (!outcome || outcome.kind === 'done') return undefined
      const reply = replyOf(this, outcome, tick)
      return reply instanceof Refusal ? reply.toBody() : undefined
    })
  }

  /** @param first the index of the outcome of the first entry */
  #answer(waiting: readonly Waiting[], { outcomes, tick }: TickResult, first: number): void {
    waiting.forEach(({ done }, i) => {
      const outcome = outcomes[first + i]
      if (done && outcome) done(outcome, tick)
    })
  }

  #carryOut(effect: Effect): RoomEffect[] {
    switch (effect.kind) {
      case 'task':
        this.tasks.start(effect)
        return []
      case 'log': {
        const { message, data } = effect
        if (!this.services.authorLines.take(this.game.name, this.services.nowMs())) return []
        this.services.log.info({ room: this.run.roomId, game: this.game.name, tick: this.run.tick, data }, message)
        return []
      }
      case 'left':
      case 'say':
        return [effect]
    }
  }

  #status(tick: number): RoomEffect[] {
    const { hz } = this.game
    const isPaused = this.#isPaused ? this.latenessMs > 1000 / hz : this.latenessMs > PAUSED_MS
    if (isPaused === this.#isPaused) return []
    this.#isPaused = isPaused
    return [{ kind: 'status', status: isPaused ? 'paused' : 'running', tick }]
  }

  /** Returns undefined for a spectator, and null if the connection has lost its seat. */
  #seatOfViewer(viewer: number): Seat | undefined | null {
    const found = this.seating.viewer(viewer)
    if (found?.isSpectator === true) return undefined
    return (found && this.seatOf(found.user)) ?? null
  }

  #viewFailed(callback: string, error: unknown): void {
    this.failed(callback, error)
    if (++this.#viewFailures === VIEW_FAILURES_MAX) this.push({ entry: { kind: 'end', why: 'failed' } })
  }
}

/** For each seat, the highest number of its inputs. Inputs without a number are left out. */
function acksOf(waiting: readonly Waiting[]): ReadonlyMap<string, number> {
  let acks: Map<string, number> | undefined
  for (const { user, seq } of waiting) {
    if (user === undefined || seq === undefined) continue
    acks ??= new Map()
    acks.set(user, Math.max(seq, acks.get(user) ?? 0))
  }
  return acks ?? NO_ACKS
}

const NO_ACKS: ReadonlyMap<string, number> = new Map()
