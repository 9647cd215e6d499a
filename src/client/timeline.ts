import type { Clock } from './clock.ts'
import { between, planOf, type Moving, type Plan } from './interpolation.ts'

/** What happens between two states that are further apart than this was not seen: there is no way from one to the other. */
const APART_MS_MAX = 1_000
/** How far a view falls behind, at most, to wait for patches that are late. */
const BEHIND_MS_MAX = 1_000
/** The part of what a view is too far behind that it makes up for with each patch. */
const CATCH_UP = 0.05

interface Moment {
  readonly atMs: number
  readonly state: unknown
}

/** The states of a room that its views may still show, each from a moment on, by the server's clock. */
export class Timeline {
  readonly #clock: Pick<Clock, 'nowMs'>
  #moments: Moment[]
  #keptMs = BEHIND_MS_MAX
  #behindMs = 0

  constructor(clock: Pick<Clock, 'nowMs'>, atMs: number, state: unknown) {
    this.#clock = clock
    this.#moments = [{ atMs, state }]
  }

  /** How far behind the room a view has to be for the next patch to be there when it is needed. */
  get behindMs(): number {
    return this.#behindMs
  }

  /** A view shows the room as it was so long ago. */
  keep(delayMs: number): void {
    this.#keptMs = Math.max(this.#keptMs, delayMs + BEHIND_MS_MAX)
  }

  /** The state became another one by a patch: in the tick before `atMs`, and not earlier, as there was none for the ticks before. */
  moved(atMs: number, tickMs: number, state: unknown): void {
    const last = this.#last
    if (last.atMs < atMs - tickMs) this.#moments.push({ atMs: atMs - tickMs, state: last.state })
    const neededMs = this.#clock.nowMs - atMs + tickMs
    const slowlyMs = this.#behindMs + (neededMs - this.#behindMs) * CATCH_UP
    if (tickMs > 0) this.#behindMs = Math.min(BEHIND_MS_MAX, Math.max(neededMs, slowlyMs))
    this.add(atMs, state)
  }

  /** The state came anew. */
  add(atMs: number, state: unknown): void {
    const sinceMs = atMs - this.#last.atMs
    if (!(sinceMs >= 0 && sinceMs <= APART_MS_MAX)) this.#moments = []
    this.#moments.push({ atMs, state })
    const keptMs = this.#clock.nowMs - this.#keptMs
    while ((this.#moments[1]?.atMs ?? Infinity) <= keptMs) this.#moments.shift()
  }

  /** The state as it was then; before the first moment and behind the last one it stands still. */
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

/** What a view needs of its room. */
interface ViewOptions {
  readonly clock: Pick<Clock, 'nowMs'>
  readonly timeline: Timeline
  readonly delayMs: number
  readonly moving: Moving | undefined
  /** The state's description: another one with another version of the game. */
  readonly types: () => unknown
}

/** A room as it was a moment ago, when both the state before and the state behind are known: so what moves moves evenly. */
export class InterpolatedView<State> {
  readonly #options: ViewOptions
  #shownMs = -Infinity
  #types: unknown
  #plan: Plan = {}

  constructor(options: ViewOptions) {
    this.#options = options
    options.timeline.keep(options.delayMs)
  }

  /** How long ago: what was asked for, or up to a second where patches take longer than that. */
  get delayMs(): number {
    return Math.max(this.#options.delayMs, this.#options.timeline.behindMs)
  }

  /** The state to draw now. It stands still while patches are late. */
  at(): State {
    const { clock, timeline } = this.#options
    const atMs = clock.nowMs - this.delayMs
    // Time does not go back where the delay grows; it does where the clock was set.
    const isBack = atMs < this.#shownMs && atMs > this.#shownMs - BEHIND_MS_MAX
    if (!isBack) this.#shownMs = atMs
    return timeline.at(this.#shownMs, this.#planNow()) as State
  }

  #planNow(): Plan {
    const types = this.#options.types()
    if (types !== this.#types) this.#plan = planOf(types, this.#options.moving)
    this.#types = types
    return this.#plan
  }
}
