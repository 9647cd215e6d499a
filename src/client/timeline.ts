import type { Clock } from './clock.ts'
import { between, planOf, type Moving, type Plan } from './interpolation.ts'
import { STATES_APART_MS_MAX, VIEW_BEHIND_MS_MAX, VIEW_CATCH_UP } from './limits.ts'

interface Moment {
  readonly atMs: number
  readonly state: unknown
}

/** The states of a room that its views may still show, each with the moment from which it holds, by the server's clock. */
export class Timeline {
  /** How far a view has to be behind the room so that the next patch arrives before it is needed. */
  behindMs = 0
  readonly #clock: Pick<Clock, 'nowMs'>
  #moments: Moment[]
  #keptMs = VIEW_BEHIND_MS_MAX

  constructor(clock: Pick<Clock, 'nowMs'>, atMs: number, state: unknown) {
    this.#clock = clock
    this.#moments = [{ atMs, state }]
  }

  get nowMs(): number {
    return this.#clock.nowMs
  }

  /** A view shows the room with this delay, so states have to be kept for at least that long. */
  keep(delayMs: number): void {
    this.#keptMs = Math.max(this.#keptMs, delayMs + VIEW_BEHIND_MS_MAX)
  }

  /**
   * A patch changed the state. The change happened within the one tick before `atMs`: for earlier ticks there was no patch, so
   * nothing changed then.
   */
  moved(atMs: number, tickMs: number, state: unknown): void {
    const last = this.#last
    if (last.atMs < atMs - tickMs) this.#moments.push({ atMs: atMs - tickMs, state: last.state })
    const neededMs = this.nowMs - atMs + tickMs
    const slowlyMs = this.behindMs + (neededMs - this.behindMs) * VIEW_CATCH_UP
    if (tickMs > 0) this.behindMs = Math.min(VIEW_BEHIND_MS_MAX, Math.max(neededMs, slowlyMs))
    this.add(atMs, state)
  }

  /** The whole state came. */
  add(atMs: number, state: unknown): void {
    const sinceMs = atMs - this.#last.atMs
    if (!(sinceMs >= 0 && sinceMs <= STATES_APART_MS_MAX)) this.#moments = []
    this.#moments.push({ atMs, state })
    const keptMs = this.nowMs - this.#keptMs
    while ((this.#moments[1]?.atMs ?? Infinity) <= keptMs) this.#moments.shift()
  }

  /** The state at that moment. Before the first moment and after the last one it does not change. */
  at(atMs: number, plan: Plan): unknown {
    const later = this.#moments.findIndex((moment) => moment.atMs > atMs)
    const to = this.#moments[later]
    const from = this.#moments[later - 1]
    if (!to) return this.#last.state
    if (!from) return to.state
    return between(plan, from.state, to.state, (atMs - from.atMs) / (to.atMs - from.atMs))
  }

  get #last(): Moment {
    return this.#moments[this.#moments.length - 1] as Moment
  }
}

/** A room as it was a moment ago. At that moment both the state before and the state after are known, so movement is smooth. */
export class InterpolatedView<State> {
  readonly #timeline: Timeline
  readonly #delayMs: number
  readonly #moving: Moving | undefined
  /** The description of the state, which changes with the game's version. */
  readonly #typesNow: () => unknown
  #shownMs = -Infinity
  #types: unknown
  #plan: Plan = {}

  constructor(timeline: Timeline, delayMs: number, typesNow: () => unknown, moving: Moving | undefined) {
    this.#timeline = timeline
    this.#delayMs = delayMs
    this.#typesNow = typesNow
    this.#moving = moving
    timeline.keep(delayMs)
  }

  /** How far the view is behind: as much as was asked for, or up to a second if patches take longer than that. */
  get delayMs(): number {
    return Math.max(this.#delayMs, this.#timeline.behindMs)
  }

  /** The state to draw now. It does not change while patches are late. */
  at(): State {
    const types = this.#typesNow()
    if (types !== this.#types) this.#plan = planOf((this.#types = types), this.#moving)
    const atMs = this.#timeline.nowMs - this.delayMs
    // If the delay grows, time does not go back. It does if the clock was set.
    const isBack = atMs < this.#shownMs && atMs > this.#shownMs - VIEW_BEHIND_MS_MAX
    if (!isBack) this.#shownMs = atMs
    return this.#timeline.at(this.#shownMs, this.#plan) as State
  }
}
