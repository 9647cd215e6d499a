import { DueQueue } from '../base/due-queue.ts'
import type { Scheduler } from '../base/scheduler.ts'

export interface TickClockOptions {
  readonly scheduler: Scheduler
  /** The clock of rooms, in milliseconds. */
  readonly nowMs: () => number
  /** Runs the rooms that are due. Must call `set` for each that is to be due again. */
  readonly run: (handles: readonly number[], nowMs: number) => void
}

/** Rooms that are due within this time share a wake-up, and so a block, a commit of the journal and a write to each worker. */
const PHASE_MS = 5

/**
 * The one timer of a host. The time at which a room is due is rounded up to the next phase. So a room is never early, and the
 * time at which the timer ran never shifts later ticks.
 */
export class TickClock {
  readonly #options: TickClockOptions
  readonly #due = new DueQueue<number>()
  #cancel: (() => void) | undefined
  #wakesAtMs = Infinity

  constructor(options: TickClockOptions) {
    this.#options = options
  }

  /** @param dueMs undefined if nothing has to happen */
  set(handle: number, dueMs: number | undefined): void {
    if (dueMs === undefined) this.#due.delete(handle)
    else this.#due.set(handle, dueMs)
    this.#arm()
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
    // Keeps `#arm` from starting the timer again.
    this.#wakesAtMs = -Infinity
  }

  #arm(): void {
    const { nextDue } = this.#due
    if (nextDue === undefined) return
    const { nowMs, scheduler } = this.#options
    const now = nowMs()
    // A room that is already late runs in the next phase as well, so that other work is done in between.
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

/** Spreads the rooms with the same tick rate over the phases of a tick, so that they do not all run at once. */
export class Phases {
  readonly #rooms = new Map<number, number[]>()

  /** Returns the time of tick 0 for a new room: `startMs`, or up to one tick later. */
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
