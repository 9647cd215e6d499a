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

/** A patch as the client has it: of a binary one `apply` makes the changes. */
export type Patch = Omit<PatchFrame, 'eventType' | 'room' | 'changes'> &
  ({ readonly changes: JsonValue } | { readonly apply: (state: unknown, types: unknown) => unknown })

/**
 * What happened to a room, beside its state. `paused`: ticks are late by more than a second; `running`: they are on time again. `restarted`: the room
 * goes on from `tick` after a fault of the server, and the state has followed. `over`: with `result`. `left`: this client is not in it any more:
 * `why` is the room's reason, `error` that of a room that could not be joined again. `reseated`: this player's seat had ended when the connection came back
 * with a new session, and it has a new one.
 */
export type RoomChange = Omit<RoomStatus, 'status'> & {
  readonly status: RoomStatus['status'] | 'reseated'
  readonly error?: DrumbeatError | undefined
}

type Seats = RoomGame['seats']

/** What `on` takes: the game's own events by name, and these. */
export type RoomEvents<Types extends GameTypes> = Types['events'] & {
  status: RoomChange
  /** Somebody has come or gone, or a bot plays for somebody else now: the new `seats`. */
  seats: Seats
  /** The game says something to everybody in the room, or to this player: nobody misses it. */
  message: unknown
}

/** Sends an input. Resolves with what the game replied, or undefined; rejects with a DrumbeatError: REFUSED has the game's code in `details.code`. */
export type Send<Inputs> = {
  readonly [Name in keyof Inputs]: (input: Inputs[Name], options?: RequestOptions) => Promise<unknown>
}

type Asking = Pick<Requests, 'request' | 'tell'>

/**
 * A room with a game that this client is in. `state` is replaced, never changed: what did not change is the same object as before, so that a view
 * may compare. It is kept over reconnects; a patch that does not fit is never applied: the state is asked for anew.
 */
export class GameRoom<Types extends GameTypes = GameTypes> {
  readonly id: string
  /** By the names of the game's inputs. Those that keep only the newest resolve at once, and are left out while there is no connection. */
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
  /** Patches that came while a snapshot is asked for. */
  #waiting: Patch[] | undefined
  /** There if there is a view. */
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

  /** As of `tick`. */
  get state(): Immutable<Types['state']> {
    return this.#state as Immutable<Types['state']>
  }

  get tick(): number {
    return this.#tick
  }

  /** The user id under which this client plays; null: it watches. */
  get seat(): string | null {
    return this.#data.seat
  }

  /** All seats by their ids: `bot` is the kind of bot that plays on it now. Replaced when one changes; `on('seats')` says so. */
  get seats(): Seats {
    return this.#data.seats
  }

  /** The room in binary frames. */
  get handle(): number {
    return this.#data.handle
  }

  /** The game's name and version. */
  get game(): { readonly name: string; readonly version: number } {
    return this.#data
  }

  /** The highest `seq` of this client's inputs that the game has seen, of those that were sent. */
  get acked(): { readonly seq: number; readonly of: number } {
    return { seq: this.#acked, of: this.#seq }
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** What the game said at its end; undefined before. */
  get result(): unknown {
    return this.#result
  }

  /** The server's time, and the tick that the room is in by it. */
  get clock(): { readonly nowMs: number; readonly roundTripMs: number; readonly tick: number } {
    const { nowMs, roundTripMs } = this.#clock
    const { tick_ms: tickMs, started_at: startedAt } = this.#data
    const tick = tickMs === 0 ? this.#tick : Math.max(this.#tick, Math.floor((nowMs - startedAt) / tickMs))
    return { nowMs, roundTripMs, tick }
  }

  /** Calls the listener now and with every new state. Returns the function that ends this. */
  subscribe(listener: (state: Immutable<Types['state']>) => void): () => void {
    const off = this.#states.on('state', listener)
    listener(this.state)
    return off
  }

  /**
   * The room as it was `delayMs` ago, for pages that draw: `const view = room.interpolated(100)`, then `view.at()` in each frame. Numbers of the
   * types `fixed`, `float32` and `float64` are between those of the ticks around that moment; the rest is as of the tick before. `moving` names others,
   * angles, and what does not move: `{ 'ships.*.heading': 360, 'ships.*.fuel': false }`. A game whose `hz` is 0 has no ticks to be between.
   */
  interpolated(delayMs = 100, moving?: Moving): InterpolatedView<Immutable<Types['state']>> {
    this.#timeline ??= new Timeline(this.#clock, this.#dueMs, this.#state)
    return new InterpolatedView(this.#timeline, delayMs, () => this.#data.types, moving)
  }

  /** Calls the handler with every such event from now on. Returns the function that ends this, as the signal does. */
  on<Name extends keyof RoomEvents<Types> & string>(
    name: Name,
    handler: (event: RoomEvents<Types>[Name]) => void,
    options?: ListenOptions,
  ): () => void {
    return this.#emitter.on(name, handler as (event: unknown) => void, options)
  }

  /** Gives up the seat. Resolves when nothing comes from the room any more. */
  async leave(): Promise<void> {
    if (this.#hasLeft) return
    await this.#requests.request(EVENT.roomLeave, { room_id: this.id })
  }

  /** A patch came. */
  patched(patch: Patch): void {
    if (this.#waiting) this.#waiting.push(patch)
    else if (!this.#apply(patch)) void this.#resync(patch)
  }

  /** The state came anew: with a join, after a resume, or because it was asked for. */
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

  /** This client is in the room no more. */
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

  /** When the state's tick is, by the server's clock; without ticks it is always there. */
  get #dueMs(): number {
    const { tick_ms: tickMs, started_at: startedAt } = this.#data
    return tickMs === 0 ? -Infinity : startedAt + this.#tick * tickMs
  }

  /** Returns whether the state is right. */
  #apply(patch: Patch): boolean {
    const { tick, base, acks, events, hash, seats } = patch
    // From before the snapshot that came meanwhile.
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

  /** The state with the changes of a patch; undefined if they are none. */
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
      // Unless the state came anew by itself meanwhile: then that is the newer one.
      if (this.#waiting === waiting) this.refreshed(data as RoomGame)
    } catch {
      // The connection was lost, and a snapshot comes with the next one; or this client is in the room no more, and is told so.
      if (this.#waiting === waiting) this.#waiting = undefined
    }
  }

  #setState(state: unknown): void {
    this.#state = state
    this.#states.emit('state', this.state)
  }
}
