import type { Json, JsonArgs, Room, Seat } from './definition.ts'
import type { Game } from './define.ts'
import type { Effect } from './entries.ts'
import type { Registers } from './registers.ts'
import { dtOf } from './room-facts.ts'
import { rethrowUnder } from './sync/fault.ts'
import { checkValue } from './sync/shape.ts'
import type { Timer } from './timers.ts'
import { t, type GameType } from './types.ts'

/** Something that a callback has asked for. It is done after the callback has returned. */
export type Wish =
  | { readonly kind: 'effect'; readonly effect: Effect }
  | { readonly kind: 'emit'; readonly name: string; readonly data: Json }
  | { readonly kind: 'timer'; readonly timer: Timer }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'kick'; readonly seat: string; readonly why: string }
  | { readonly kind: 'bot'; readonly id: string; readonly bot: string }
  | { readonly kind: 'team'; readonly seat: string; readonly team: string | undefined }
  | { readonly kind: 'lock'; readonly isLocked: boolean }
  | { readonly kind: 'end'; readonly result: Json | null }

/** What the room's interface is built on. */
export interface RoomParts {
  readonly id: string
  readonly game: Game
  readonly registers: Registers
  readonly clock: { readonly tick: number; readonly nowMs: number }
}

const JSON_TYPE = t.json()
const TEXT_MAX = 1024
/** How many things the callbacks of one tick may ask for, events included. More means an endless loop. */
const WISHES_MAX = 10_000
const EVENTS_MAX = 1_000
/** How large they may be together as JSON, in UTF-16 units. */
const TICK_UNITS_MAX = 256 * 1024

/** How much the callbacks of a tick have asked for so far. */
export interface Asked {
  readonly wished: number
  readonly emitted: number
  readonly units: number
}

/** The `room` that all callbacks of a game get. It collects wishes until `take`. */
export class RoomApi implements Room {
  readonly emit: Readonly<Record<string, (data: unknown) => void>>
  readonly #parts: RoomParts
  #wishes: Wish[] = []
  #reply: Json | undefined
  /** How many in this tick. */
  #wished = 0
  #emitted = 0
  #units = 0
  /** The counts when the running callback began. If it is undone, it does not count. */
  #before: Asked = { wished: 0, emitted: 0, units: 0 }
  /** Whether a callback is running that may ask for something. */
  #isOpen = false

  constructor(parts: RoomParts) {
    this.#parts = parts
    this.emit = Object.freeze(this.#createEmitters())
  }

  get id(): string {
    return this.#parts.id
  }

  get tick(): number {
    return this.#parts.clock.tick
  }

  get dt(): number {
    return dtOf(this.#parts.game)
  }

  get nowMs(): number {
    return this.#parts.clock.nowMs
  }

  get seats(): readonly Seat[] {
    return this.#parts.registers.seats.all
  }

  get isLocked(): boolean {
    return this.#parts.registers.isLocked
  }

  random(): number {
    this.#requireOpen()
    return this.#parts.registers.random.next()
  }

  after(ticks: number, timer: string, args: JsonArgs = {}): number {
    if (this.#parts.game.hz === 0)
      throw new TypeError('room.after: without a tick rate ticks have no length; use room.afterMs')
    if (!Number.isInteger(ticks) || ticks < 1) throw new TypeError(`room.after(${ticks}): an integer from 1`)
    return this.#addTimer(this.tick + ticks, timer, args)
  }

  afterMs(ms: number, timer: string, args: JsonArgs = {}): number {
    const { hz } = this.#parts.game
    if (!(ms >= 0 && ms <= Number.MAX_SAFE_INTEGER)) throw new TypeError(`room.afterMs(${ms}): milliseconds from 0`)
    const due =
      hz === 0 ? this.nowMs + Math.max(1, Math.ceil(ms)) : this.tick + Math.max(1, Math.ceil((ms * hz) / 1000))
    return this.#addTimer(due, timer, args)
  }

  cancel(timer: number): void {
    this.#wish({ kind: 'cancel', id: timer })
  }

  say(to: string, data: Json): void {
    if (typeof to !== 'string') throw new TypeError('room.say: to a user, or to all')
    this.#wish({ kind: 'effect', effect: { kind: 'say', to, data: this.#own('room.say', data) } })
  }

  reply(value: Json): void {
    this.#reply = this.#own('room.reply', value)
  }

  kick(seat: string, reason = 'kicked'): void {
    this.#wish({ kind: 'kick', seat: this.#requireSeat(seat), why: reason.slice(0, TEXT_MAX) })
  }

  lock(): void {
    this.#wish({ kind: 'lock', isLocked: true })
  }

  unlock(): void {
    this.#wish({ kind: 'lock', isLocked: false })
  }

  setTeam(seat: string, team: string | undefined): void {
    if (team !== undefined && typeof team !== 'string') throw new TypeError('room.setTeam: a string, or undefined')
    this.#wish({ kind: 'team', seat: this.#requireSeat(seat), team })
  }

  addBot(kind: string): string {
    this.#requireOpen()
    if (!Object.hasOwn(this.#parts.game.rules.bots, kind))
      throw new TypeError(`room.addBot("${kind}"): there is no such bot`)
    const id = this.#parts.registers.seats.newBotId()
    this.#wish({ kind: 'bot', id, bot: kind })
    return id
  }

  removeBot(seat: string): void {
    this.#wish({ kind: 'kick', seat: this.#requireSeat(seat), why: 'removed' })
  }

  run(task: string, args: JsonArgs = {}): number {
    this.#requireOpen()
    if (!Object.hasOwn(this.#parts.game.rules.tasks, task))
      throw new TypeError(`room.run("${task}"): there is no such task`)
    const run = this.#parts.registers.nextRun++
    this.#wish({ kind: 'effect', effect: { kind: 'task', run, task, args: this.#own('room.run', args) } })
    return run
  }

  end(result?: Json): void {
    this.#wish({ kind: 'end', result: result === undefined ? null : this.#own('room.end', result) })
  }

  log(message: string, data?: Json): void {
    const own = data === undefined ? undefined : this.#own('room.log', data)
    this.#wish({ kind: 'effect', effect: { kind: 'log', message: message.slice(0, TEXT_MAX), data: own } })
  }

  /** Starts the counts of a new tick. */
  newTick(): void {
    this.asked = { wished: 0, emitted: 0, units: 0 }
  }

  get asked(): Asked {
    return { wished: this.#wished, emitted: this.#emitted, units: this.#units }
  }

  set asked({ wished, emitted, units }: Asked) {
    this.#wished = wished
    this.#emitted = emitted
    this.#units = units
  }

  /** A callback begins that may ask for something, until `take` or `forget`. */
  open(): void {
    this.#isOpen = true
    this.#before = this.asked
  }

  /** Returns what the callback has asked for, and forgets it. */
  take(): { readonly wishes: readonly Wish[]; readonly reply: Json | undefined } {
    const taken = { wishes: this.#wishes, reply: this.#reply }
    this.#close()
    return taken
  }

  /** The callback was undone. */
  forget(): void {
    this.asked = this.#before
    this.#close()
  }

  #close(): void {
    this.#isOpen = false
    if (this.#wishes.length > 0) this.#wishes = []
    this.#reply = undefined
  }

  /** Views, listings and `over` only read. A game that kept a reference to `room` cannot use it in them. */
  #requireOpen(): void {
    if (!this.#isOpen) throw new TypeError('room: it was used outside of the callback that it was given to')
  }

  #addTimer(due: number, name: string, args: JsonArgs): number {
    this.#requireOpen()
    if (!Object.hasOwn(this.#parts.game.rules.timers, name))
      throw new TypeError(`room.after: there is no timer "${name}"`)
    const id = this.#parts.registers.timers.newId()
    this.#wish({ kind: 'timer', timer: { id, name, due, args: this.#own('room.after', args) } })
    return id
  }

  #wish(wish: Wish): void {
    this.#requireOpen()
    if (this.#wished++ >= WISHES_MAX) throw new TypeError(`more than ${WISHES_MAX} effects in one tick`)
    if (wish.kind === 'emit' && this.#emitted++ >= EVENTS_MAX)
      throw new TypeError(`more than ${EVENTS_MAX} events in one tick`)
    this.#wishes.push(wish)
  }

  /**
   * Returns a copy, which the game can no longer change. Throws TypeFault. @param call names the value in errors, such as
   * `room.say.text`
   */
  #own<Value extends Json>(call: string, value: Value): Value {
    this.#requireOpen()
    return this.#count(checked(call, JSON_TYPE, value) as Value)
  }

  #count<Value extends Json>(value: Value): Value {
    this.#units += JSON.stringify(value).length
    if (this.#units <= TICK_UNITS_MAX) return value
    throw new TypeError(`more than ${TICK_UNITS_MAX} characters of events, messages and arguments in one tick`)
  }

  #requireSeat(id: string): string {
    if (!this.#parts.registers.seats.get(id)) throw new TypeError(`there is no seat "${id}"`)
    return id
  }

  #createEmitters(): Record<string, (data: unknown) => void> {
    const emitters: Record<string, (data: unknown) => void> = {}
    for (const [name, type] of this.#parts.game.events) {
      emitters[name] = (data) =>
        this.#wish({ kind: 'emit', name, data: this.#count(checked(`room.emit.${name}`, type, data)) })
    }
    return emitters
  }
}

function checked<Value>(call: string, type: GameType<Value>, value: unknown): Value {
  try {
    return checkValue(type, value)
  } catch (thrown) {
    return rethrowUnder(call, thrown)
  }
}
