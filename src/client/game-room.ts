import type { GameTypes } from '../games/define.ts'
import type { Immutable } from '../games/immutable.ts'
import { applyMergePatch } from '../games/sync/apply-merge.ts'
import { hashValue } from '../games/sync/hash.ts'
import * as EVENT from '../protocol/event-names.ts'
import type { JsonObject, JsonValue } from '../protocol/events.ts'
import type { PatchFrame, RoomGame, RoomStatus } from '../protocol/shapes/games.ts'
import type { Clock } from './clock.ts'
import { Emitter, type ListenOptions } from './emitter.ts'
import { DrumbeatError } from './errors.ts'
import type { Moving } from './interpolation.ts'
import type { RequestOptions, Requests } from './requests.ts'
import { InterpolatedView, Timeline } from './timeline.ts'

/** A patch as decoded. A binary one has a function `apply` that makes its changes. */
export type Patch = Omit<PatchFrame, 'eventType' | 'room' | 'changes'> &
  ({ readonly changes: JsonValue } | { readonly apply: (state: unknown, types: unknown) => unknown })

/**
 * A change of the room itself, not of its state:
 * - `paused`: ticks are more than a second late; `running`: they are on time again.
 * - `restarted`: the room continues from `tick` after a fault of the server, and the state is already that of this tick.
 * - `over`: the game has ended, with `result`.
 * - `left`: this client is no longer in the room. `why` is the room's reason. `error` is set if the room could not be joined
 * again.
 * - `reseated`: the connection came back with a new session after this player's seat had ended, and the player has a new seat.
 */
export type RoomChange = Omit<RoomStatus, 'status'> & {
  readonly status: RoomStatus['status'] | 'reseated'
  readonly error?: DrumbeatError | undefined
}

type Seats = RoomGame['seats']

/** What `on` accepts: the game's own events by name, and these. */
export type RoomEvents<Types extends GameTypes> = Types['events'] & {
  status: RoomChange
  /** A player came or went, or a bot plays for a player now. The value is the new `seats`. */
  seats: Seats
  /** A message of the game to everyone in the room, or to this player. Each one is delivered. */
  message: unknown
}

/**
 * Sends an input. Resolves with what the game replied, or undefined. Rejects with a DrumbeatError; if its code is REFUSED,
 * `details.code` is the game's own code.
 */
export type Send<Inputs> = {
  readonly [Name in keyof Inputs]: (input: Inputs[Name], options?: RequestOptions) => Promise<unknown>
}

type Asking = Pick<Requests, 'request' | 'tell'>

/**
 * A room with a game that this client is in. `state` is never changed, only replaced. Parts of it that did not change are the
 * same objects as before, so a view can compare them with `===`. It survives reconnects. A patch that does not fit is not
 * applied: the client asks for the whole state instead.
 */
export class GameRoom<Types extends GameTypes = GameTypes> {
  readonly id: string
  /**
   * One function for each input of the game. Inputs of which only the newest counts (`keep: 'latest'`) resolve at once, and are
   * dropped while there is no connection.
   */
  readonly send: Send<Types['inputs']>
  readonly #requests: Asking
  readonly #clock: Clock
  readonly #emitter = new Emitter<Record<string, unknown>>()
  readonly #states = new Emitter<{ readonly state: Immutable<Types['state']> }>()
  #data: RoomGame
  #state: unknown
  #tick: number
  #seq = 0
  #acked = 0
  #result: unknown
  #isOver = false
  #hasLeft = false
  /** Patches that came while a snapshot was asked for. Undefined if none is. */
  #waiting: Patch[] | undefined
  /** Undefined as long as there is no view. */
  #timeline: Timeline | undefined

  constructor(id: string, data: RoomGame, requests: Asking, clock: Clock) {
    this.id = id
    this.#requests = requests
    this.#clock = clock
    this.#data = data
    this.#state = data.state
    this.#tick = data.tick
    this.send = new Proxy(
      {},
      {
        get: (_target, name) => (input: unknown, options?: RequestOptions) => this.#send(String(name), input, options),
      },
    ) as Send<Types['inputs']>
  }

  /** The state at `tick`. */
  get state(): Immutable<Types['state']> {
    return this.#state as Immutable<Types['state']>
  }

  get tick(): number {
    return this.#tick
  }

  /** The user id under which this client plays. Null if it only watches. */
  get seat(): string | null {
    return this.#data.seat
  }

  /**
   * All seats by id. `bot` is the kind of bot that plays there now. The object is replaced when a seat changes, and `on('seats')`
   * reports it.
   */
  get seats(): Seats {
    return this.#data.seats
  }

  /** The number that stands for this room in binary frames. */
  get handle(): number {
    return this.#data.handle
  }

  /** The name and version of the game. */
  get game(): { readonly name: string; readonly version: number } {
    return this.#data
  }

  /** `of` is the `seq` of the last input that this client sent, and `seq` the highest one that the game has seen. */
  get acked(): { readonly seq: number; readonly of: number } {
    return { seq: this.#acked, of: this.#seq }
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** The result that the game gave at its end. Undefined before. */
  get result(): unknown {
    return this.#result
  }

  /** The server's time, and the room's tick at that time. */
  get clock(): { readonly nowMs: number; readonly roundTripMs: number; readonly tick: number } {
    const { nowMs, roundTripMs } = this.#clock
    const { tick_ms: tickMs, started_at: startedAt } = this.#data
    const tick = tickMs === 0 ? this.#tick : Math.max(this.#tick, Math.floor((nowMs - startedAt) / tickMs))
    return { nowMs, roundTripMs, tick }
  }

  /** Calls the listener now, and again with every new state. Returns a function that stops this. */
  subscribe(listener: (state: Immutable<Types['state']>) => void): () => void {
    const off = this.#states.on('state', listener)
    listener(this.state)
    return off
  }

  /**
   * The room as it was `delayMs` ago, for pages that draw: `const view = room.interpolated(100)`, then `view.at()` in each frame.
   * Numbers of the types `fixed`, `float32` and `float64` are interpolated between the two ticks around that moment. Everything
   * else is as in the earlier tick. `moving` changes this for single fields. For example, `{ 'ships.*.heading': 360,
   * 'ships.*.fuel': false }` makes `heading` an angle in degrees and does not interpolate `fuel`. A game whose `hz` is 0 has no
   * ticks to interpolate between.
   */
  interpolated(delayMs = 100, moving?: Moving): InterpolatedView<Immutable<Types['state']>> {
    this.#timeline ??= new Timeline(this.#clock, this.#dueMs, this.#state)
    return new InterpolatedView(this.#timeline, delayMs, () => this.#data.types, moving)
  }

  /** Calls the handler with every such event from now on. Stops when the returned function is called or the signal aborts. */
  on<Name extends keyof RoomEvents<Types> & string>(
    name: Name,
    handler: (event: RoomEvents<Types>[Name]) => void,
    options?: ListenOptions,
  ): () => void {
    return this.#emitter.on(name, handler as (event: unknown) => void, options)
  }

  /** Gives up the seat. Resolves when nothing more comes from the room. */
  async leave(): Promise<void> {
    if (this.#hasLeft) return
    await this.#requests.request(EVENT.roomLeave, { room_id: this.id })
  }

  /** Call this when a patch came. */
  patched(patch: Patch): void {
    if (this.#waiting) this.#waiting.push(patch)
    else if (!this.#apply(patch)) void this.#resync(patch)
  }

  /** Call this when the whole state came: with a join, after a resume, or because it was asked for. */
  refreshed(data: RoomGame): void {
    this.#data = data
    this.#tick = data.tick
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    this.#timeline?.add(this.#dueMs, data.state)
    this.#setState(data.state)
    this.#emitter.emit('seats', this.seats)
    for (const patch of waiting) this.patched(patch)
  }

  statusChanged(status: RoomChange): void {
    if (status.status === 'over') {
      this.#isOver = true
      this.#result = status.result
    }
    this.#emitter.emit('status', status)
  }

  said(data: unknown): void {
    this.#emitter.emit('message', data)
  }

  /** Call this when the client is no longer in the room. */
  ended(change: Omit<RoomChange, 'status'> = {}): void {
    if (this.#hasLeft) return
    this.#hasLeft = true
    this.#emitter.emit('status', { ...change, status: 'left' })
  }

  async #send(name: string, input: unknown, options: RequestOptions = {}): Promise<unknown> {
    if (this.#hasLeft) throw new DrumbeatError('NOT_IN_ROOM', `this client has left the room ${this.id}`)
    const seq = ++this.#seq
    const isLatest = this.#data.inputs.some((one) => one.name === name && one.keep === 'latest')
    const payload = { name, input, seq } as JsonObject
    if (!isLatest)
      return (await this.#requests.request(EVENT.roomInput, payload, { ...options, room: this.id }))['value']
    this.#requests.tell(EVENT.roomInput, payload, this.id)
    return undefined
  }

  /** When the state's tick is due, by the server's clock. Minus infinity if the game has no ticks. */
  get #dueMs(): number {
    const { tick_ms: tickMs, started_at: startedAt } = this.#data
    return tickMs === 0 ? -Infinity : startedAt + this.#tick * tickMs
  }

  /** Returns whether the state is right. If it is not, a snapshot is needed. */
  #apply(patch: Patch): boolean {
    const { tick, base, acks, events, hash, seats } = patch
    // The patch is older than the snapshot that came meanwhile.
    if (tick <= this.#tick) return true
    if (base !== this.#tick) return false
    const state = this.#changed(patch)
    if (state === undefined || (hash !== undefined && hash !== hashValue(state))) return false
    this.#tick = tick
    this.#acked = Math.max(this.#acked, (this.seat !== null && acks?.[this.seat]) || 0)
    if (state !== this.#state) {
      this.#timeline?.moved(this.#dueMs, this.#data.tick_ms, state)
      this.#setState(state)
    }
    if (seats) {
      this.#data = { ...this.#data, seats: applyMergePatch(this.seats, seats) as Seats }
      this.#emitter.emit('seats', this.seats)
    }
    for (const [name, data] of events ?? []) this.#emitter.emit(name as string, data)
    return true
  }

  /** The state with the changes of a patch. Undefined if they do not fit the state. */
  #changed(patch: Patch): unknown {
    try {
      if ('apply' in patch) return patch.apply(this.#state, this.#data.types)
      const isSame = Object.keys(patch.changes as object).length === 0
      return isSame ? this.#state : applyMergePatch(this.#state, patch.changes)
    } catch {
      return undefined
    }
  }

  async #resync(patch: Patch): Promise<void> {
    const waiting = [patch]
    this.#waiting = waiting
    try {
      const data: unknown = await this.#requests.request(EVENT.roomSnapshot, {}, { room: this.id })
      // If the whole state came on its own meanwhile, that one is newer.
      if (this.#waiting === waiting) this.refreshed(data as RoomGame)
    } catch {
      // Either the connection was lost, and the next one brings a snapshot. Or this client is no longer in the room, and is told
      // so.
      if (this.#waiting === waiting) this.#waiting = undefined
    }
  }

  #setState(state: unknown): void {
    this.#state = state
    this.#states.emit('state', this.state)
  }
}
