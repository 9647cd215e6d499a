import { DueQueue } from '../base/due-queue.ts'
import type { Scheduler } from '../base/scheduler.ts'

export interface TickClockOptions {
  readonly scheduler: Scheduler
  /** The clock of rooms, in milliseconds. */
  readonly nowMs: () => number
  /** These rooms are due. Calls `set` for each that is to be due again. */
  readonly run: (handles: readonly number[], nowMs: number) => void
}

/** Rooms that are due within it share a wake-up: a block, a record of the journal, a write to each worker. */
const PHASE_MS = 5

/**
 * The one timer of a host. A room is due at its own time, which is rounded up to the next phase: never earlier, and never computed from when the
 * timer ran.
 */
export class TickClock {
  readonly #options: TickClockOptions
  readonly #due = new DueQueue<number>()
  #cancel: (() => void) | undefined
  #wakesAtMs = Infinity

  constructor(options: TickClockOptions) {
    this.#options = options
  }

  /** @param dueMs undefined: nothing has to happen */
  set(handle: number, dueMs: number | undefined): void {
    if (dueMs === undefined) this.#due.delete(handle)
    else this.#due.set(handle, dueMs)
    this.#arm()
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
    // Nothing arms it any more.
    this.#wakesAtMs = -Infinity
  }

  #arm(): void {
    const { nextDue } = this.#due
    if (nextDue === undefined) return
    const { nowMs, scheduler } = this.#options
    const now = nowMs()
    // What is late already has its next phase as well: in between others are served.
    const wakesAtMs = nextDue > now ? Math.ceil(nextDue / PHASE_MS) * PHASE_MS : nextPhase(now)
    if (wakesAtMs >= this.#wakesAtMs) return
    this.#cancel?.()
    this.#wakesAtMs = wakesAtMs
    this.#cancel = scheduler.after(Math.ceil(wakesAtMs - now), () => this.#wake())
  }

  #wake(): void {
    const now = this.#options.nowMs()
    this.#wakesAtMs = Infinity
    this.#cancel = undefined
    const handles = this.#due.takeUntil(now)
    if (handles.length > 0) this.#options.run(handles, now)
    this.#arm()
  }
}

function nextPhase(nowMs: number): number {
  return (Math.floor(nowMs / PHASE_MS) + 1) * PHASE_MS
}

/**
 * Spreads the rooms of a tick rate over the phases of a tick, so that they do not all run at once.
 */
export class Phases {
  readonly #rooms = new Map<number, number[]>()

  /** When tick 0 of a new room is: `startMs`, or up to one tick later. */
  startOf(hz: number, startMs: number): number {
    if (hz === 0) return startMs
    const counts = this.#countsOf(hz)
    const first = slotOf(hz, startMs)
    let best = 0
    for (let i = 1; i < counts.length; i++) {
      if ((counts[(first + i) % counts.length] ?? 0) < (counts[(first + best) % counts.length] ?? 0)) best = i
    }
    return startMs + best * PHASE_MS
  }

  add(hz: number, startMs: number): void {
    this.#change(hz, startMs, 1)
  }

  remove(hz: number, startMs: number): void {
    this.#change(hz, startMs, -1)
  }

  #change(hz: number, startMs: number, by: 1 | -1): void {
    if (hz === 0) return
    const counts = this.#countsOf(hz)
    const slot = slotOf(hz, startMs)
    counts[slot] = (counts[slot] ?? 0) + by
  }

  #countsOf(hz: number): number[] {
    let counts = this.#rooms.get(hz)
    if (!counts) this.#rooms.set(hz, (counts = Array.from({ length: slotsOf(hz) }, () => 0)))
    return counts
  }
}

function slotsOf(hz: number): number {
  return Math.max(1, Math.floor(1000 / hz / PHASE_MS))
}

function slotOf(hz: number, startMs: number): number {
  return Math.floor((startMs % (1000 / hz)) / PHASE_MS) % slotsOf(hz)
}
