import type { TaskResult } from './definition.ts'
import type { Game } from './define.ts'
import { Attendance } from './attendance.ts'
import { Callbacks } from './callbacks.ts'
import { startOf, type Checkpoint, type RunOptions, type Start } from './checkpoint.ts'
import type { Ending, EndReason, Entry, Outcome, TickResult } from './entries.ts'
import { LiveState } from './live-state.ts'
import { DONE, endOf, Failures, NO_SEAT, OVER, refusal } from './outcomes.ts'
import { Registers } from './registers.ts'
import { RoomApi, type Wish } from './room-api.ts'
import type { Seats, TakenSeat } from './seats.ts'
import { mergePatchOf } from './sync/merge-patch.ts'
import type { Shape, Tree } from './sync/shape.ts'
import type { TickNews } from './tick-news.ts'
import type { Timer, Timers } from './timers.ts'

/** How deep kicks and bots may be nested that callbacks of other kicks and bots have caused. More means an endless loop. */
const DEPTH_MAX = 16
/** How many hashes per second records have: see `isHashTick`. */
const HASHES_PER_S = 4

/**
 * A running game of a room. Entries and timers go in; state, effects and refusals come out. It knows no clock and no process: the
 * same entries in the same ticks always give the same states, in play, after a recovery and in a replay. A callback that refuses
 * or throws leaves no trace.
 */
export class GameRun {
  readonly game: Game
  readonly roomId: string
  #startMs: number
  readonly #state: LiveState
  readonly #registers: Registers
  readonly #seats: Seats
  readonly #timers: Timers
  readonly #room: RoomApi
  readonly #clock = { tick: 0, nowMs: 0 }
  readonly #failures: Failures
  readonly #callbacks: Callbacks
  readonly #attendance: Attendance
  readonly #news: TickNews
  #isMoving = false
  #depth = 0

  private constructor(game: Game, start: Start, state?: unknown) {
    this.game = game
    this.roomId = start.roomId
    this.#startMs = start.startMs
    this.#state = new LiveState(game.state, start.stateBytesMax, state)
    const registers = new Registers(start)
    this.#registers = registers
    this.#seats = registers.seats
    this.#timers = registers.timers
    this.#clock = { tick: start.tick, nowMs: start.nowMs }
    this.#failures = new Failures(start.failures)
    this.#news = { effects: [...start.effects], events: [], ending: undefined }
    this.#room = new RoomApi({
      id: this.roomId,
      game,
      registers,
      clock: this.#clock,
    })
    this.#callbacks = new Callbacks({
      game,
      registers,
      state: this.#state,
      room: this.#room,
      failures: this.#failures,
      news: this.#news,
      grant: (wishes) => this.#grantAll(wishes),
      onFailed: () => this.#end('failed'),
    })
    this.#attendance = new Attendance({ game, registers, callbacks: this.#callbacks, news: this.#news })
  }

  /**
   * A new room at tick 0. What `create` asked for outside of the room comes with the first tick. Throws what `create` throws,
   * TypeFault if its state is invalid, and TypeError if it ends the room.
   */
  static create(options: RunOptions): GameRun {
    const { game } = options
    const run = new GameRun(game, startOf(options))
    run.#room.open()
    run.#state.change('create', () => game.rules.create(options.options, run.#room))
    run.#grantAll(run.#room.take().wishes)
    if (run.#news.ending) throw new TypeError('room.end in create: call refuse instead')
    return run
  }

  /** Continues a room from a checkpoint. Throws TypeFault if the state does not fit this game. */
  static restore(game: Game, checkpoint: Checkpoint): GameRun {
    return new GameRun(game, checkpoint, JSON.parse(checkpoint.state))
  }

  /** The time of tick 0, Unix time in milliseconds. It moves on by as long as the room's time has stood still. */
  get startMs(): number {
    return this.#startMs
  }

  get tick(): number {
    return this.#clock.tick
  }

  get nowMs(): number {
    return this.#clock.nowMs
  }

  get shape(): Shape<unknown> {
    return this.#state.shape
  }

  /** The state from which everything is made that leaves the room. */
  get tree(): Tree {
    return this.#state.tree
  }

  get seats(): readonly TakenSeat[] {
    return this.#seats.all
  }

  get isLocked(): boolean {
    return this.#registers.isLocked
  }

  /** See `Attendance.isClosed`. */
  get isClosed(): boolean {
    return this.#attendance.isClosed
  }

  get ending(): Ending | undefined {
    return this.#news.ending
  }

  /**
   * For a room without a tick rate: when it next has something to do by itself, in Unix time in milliseconds. Undefined if never.
   */
  get nextDue(): number | undefined {
    const [timer, fill] = [this.#timers.nextDue, this.#attendance.fillDueMs]
    return timer === undefined || (fill !== undefined && fill < timer) ? fill : timer
  }

  /** How many seats are taken by bots that give way to players. */
  get yielding(): number {
    return this.#attendance.yielding
  }

  /** Unix time in milliseconds. Only for a game with a tick rate. */
  dueMs(tick: number): number {
    return this.startMs + (tick * 1000) / this.game.hz
  }

  /**
   * Whether this tick makes a new live state, as a room does that starts from a checkpoint. That is so once a second, when the
   * room moves, and in each tick if there is no tick rate. So a reference that a game keeps on the side stops working at the same
   * tick in play and in a replay.
   */
  get isCheckpointTick(): boolean {
    return this.#isMoving || this.game.hz === 0 || this.#clock.tick % this.game.hz === 0
  }

  /**
   * Whether the record of this tick, if there is one, has the state's hash. Checkpoint ticks have it, and several ticks between
   * them. A host that continues from a checkpoint needs a later hash to know that its replay is right.
   */
  get isHashTick(): boolean {
    return this.isCheckpointTick || this.#clock.tick % Math.max(1, Math.floor(this.game.hz / HASHES_PER_S)) === 0
  }

  /**
   * Runs the next tick. Never throws because of what a game does.
   * @param entries belong to the room from now on
   * @param nowMs Unix time in milliseconds, used only if `hz` is 0. It never goes back
   */
  step(entries: readonly Entry[], nowMs: number): TickResult {
    if (this.#news.ending) throw new Error(`the room ${this.roomId} is over`)
    const before = this.tree
    for (const entry of entries) if (entry.kind === 'returned') this.#stood(entry.stoodMs)
    this.#begin(nowMs)
    this.#isMoving = entries.some(({ kind }) => kind === 'moved' || kind === 'returned')
    const outcomes = entries.map((entry) => (this.#news.ending ? OVER : this.#enter(entry)))
    if (!this.#news.ending) this.#attendance.fill(this.#clock.nowMs)
    this.#runTimers()
    const { tick } = this.game.rules
    if (tick && !this.#news.ending) this.#callbacks.call('tick', (live) => tick(live, this.#room))
    if (this.tree !== before && !this.#news.ending) this.#lookWhetherOver()
    if (this.#news.ending) for (const { id } of this.#seats.all) this.#attendance.leave(id, 'over')
    this.#attendance.lookWhetherWaiting(this.#clock.nowMs)
    if (this.isCheckpointTick) this.#state.renew()
    const { effects, events } = this.#news
    this.#news.effects = []
    return {
      ...this.#clock,
      outcomes,
      effects,
      events,
      failures: this.#failures.ofTick,
      hasChanged: this.tree !== before,
      ending: this.#news.ending,
    }
  }

  /** Everything that is needed to continue the room. */
  checkpoint(): Checkpoint {
    const { game, roomId, startMs } = this
    return {
      game: game.name,
      version: game.version,
      hz: game.hz,
      roomId,
      startMs,
      ...this.#clock,
      ...this.#registers.checkpoint(),
      stateBytesMax: this.#state.bytesMax,
      failures: this.#failures.inRow,
      effects: [...this.#news.effects],
      state: mergePatchOf(this.shape, undefined, this.tree),
    }
  }

  /**
   * Calls a function that only reads the state, such as `listing` or a view. Throws what it throws, and TypeError if it changes
   * the state.
   * @param name names the function in errors
   */
  read<Result>(name: string, ask: (state: unknown) => Result): Result {
    return this.#state.read(name, ask)
  }

  /** Moves on everything that waits for a time, because the room's time has stood still for so long. */
  #stood(forMs: number): void {
    const registers = this.#registers
    this.#startMs += forMs
    if (this.game.hz === 0) this.#timers.all = this.#timers.all.map((timer) => ({ ...timer, due: timer.due + forMs }))
    if (registers.waitingSinceMs !== null) registers.waitingSinceMs += forMs
  }

  #begin(nowMs: number): void {
    const clock = this.#clock
    clock.tick++
    clock.nowMs = this.game.hz === 0 ? Math.max(clock.nowMs, nowMs) : this.dueMs(clock.tick)
    this.#room.newTick()
    this.#news.events = []
    this.#failures.newTick()
  }

  #enter(entry: Entry): Outcome {
    switch (entry.kind) {
      case 'join':
        return this.#attendance.join(entry.joiner)
      case 'bot':
        return this.#attendance.joinNewBot(entry.bot)
      case 'drop':
        return this.#attendance.setConnected(entry.user, false)
      case 'back':
        return this.#attendance.setConnected(entry.user, true)
      case 'leave':
        return this.#attendance.leave(entry.user, entry.why)
      case 'input':
        return this.#input(entry)
      case 'bought':
        return this.#attendance.bought(entry)
      case 'result':
      case 'failedTask':
        return this.#taskResult(entry)
      case 'moved':
      case 'returned':
        return DONE
      case 'end':
        this.#end(entry.why)
        return DONE
    }
  }

  #input({ user, name, input }: Extract<Entry, { kind: 'input' }>): Outcome {
    const seat = this.#seats.get(user)
    if (!seat) return NO_SEAT
    const { on } = this.game.rules
    if (!Object.hasOwn(on, name)) return refusal('BAD_REQUEST', `there is no input "${name}"`)
    return this.#callbacks.call(`on.${name}`, (live) => on[name]?.(live, seat, input, this.#room))
  }

  #taskResult(entry: Extract<Entry, { kind: 'result' | 'failedTask' }>): Outcome {
    const { task, run } = entry
    const { results } = this.game.rules
    if (!Object.hasOwn(results, task)) return DONE
    const isDone = entry.kind === 'result'
    const result: TaskResult = isDone ? { run, ok: true, value: entry.value } : { run, ok: false, error: entry.error }
    return this.#callbacks.call(`results.${task}`, (live) => results[task]?.(live, result, this.#room))
  }

  /** Runs the timers that are due. Those that these timers set have to wait for the next tick. */
  #runTimers(): void {
    const { hz, rules } = this.game
    const now = hz === 0 ? this.#clock.nowMs : this.#clock.tick
    const beforeId = this.#timers.nextId
    const next = (): Timer | undefined => (this.#news.ending ? undefined : this.#timers.takeDue(now, beforeId))
    for (let timer = next(); timer; timer = next()) {
      const { name, args } = timer
      this.#callbacks.call(`timers.${name}`, (live) => rules.timers[name]?.(live, args, this.#room))
    }
  }

  #lookWhetherOver(): void {
    const { over } = this.game.rules
    if (!over) return
    try {
      const said = this.read('over', (state) => endOf(over(state), this.#registers.players))
      this.#failures.succeeded('over')
      if (said) this.#end('over', said)
    } catch (thrown) {
      this.#callbacks.failed('over', thrown)
    }
  }

  #end(why: EndReason, { result = null, rewards = [] }: Partial<Ending> = {}): void {
    this.#news.ending ??= { why, result, rewards }
  }

  #grantAll(wishes: readonly Wish[]): void {
    if (wishes.length === 0) return
    if (this.#depth >= DEPTH_MAX) {
      this.#callbacks.failed('room', new Error('kicks and bots cause each other without end'))
      return
    }
    this.#depth++
    for (const wish of wishes) this.#grant(wish)
    this.#depth--
  }

  #grant(wish: Wish): void {
    switch (wish.kind) {
      case 'effect':
        this.#news.effects.push(wish.effect)
        return
      case 'emit':
        this.#news.events.push([wish.name, wish.data])
        return
      case 'timer':
        this.#timers.add(wish.timer)
        return
      case 'cancel':
        this.#timers.cancel(wish.id)
        return
      case 'team':
        this.#seats.change(wish.seat, { team: wish.team })
        return
      case 'lock':
        this.#registers.isLocked = wish.isLocked
        return
      case 'end':
        this.#end('over', { result: wish.result })
        return
      case 'kick':
        if (!this.#news.ending) this.#attendance.leave(wish.seat, wish.why)
        return
      case 'bot':
        if (!this.#news.ending) this.#attendance.joinBot(wish.id, wish.bot)
    }
  }
}
