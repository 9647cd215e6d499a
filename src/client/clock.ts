import { nowMs } from './timing.ts'

interface Sample {
  readonly roundTripMs: number
  readonly offsetMs: number
}

const SAMPLES_MAX = 8
/** How much of the time that has passed the clock may be moved by: it never jumps while it is looked at, and never goes back. */
const SLEW = 0.1
/** A clock that is further off than this is set at once, forwards or back. */
const JUMP_MS = 1_000
/** By how much two answers may differ beyond their round trips: by what the clocks have drifted meanwhile. */
const DRIFT_MS = 100

/** The server's clock: from answers that say what time it is, of which the one that was quickest is believed. */
export class Clock {
  readonly #now: () => number
  #samples: Sample[] = []
  #best: Sample | undefined
  #offsetMs: number | undefined
  #lookedAtMs = 0

  constructor(now: () => number = nowMs) {
    this.#now = now
  }

  /** Unix time in milliseconds. Before the first answer it is this machine's. */
  get nowMs(): number {
    const ownMs = this.#now()
    const wantedMs = this.#best?.offsetMs
    if (wantedMs === undefined) return ownMs
    const off = wantedMs - (this.#offsetMs ?? wantedMs)
    const mayMoveMs = Math.max(0, ownMs - this.#lookedAtMs) * SLEW
    const leftMs = Math.abs(off) > JUMP_MS ? 0 : off - Math.max(-mayMoveMs, Math.min(mayMoveMs, off))
    this.#offsetMs = wantedMs - leftMs
    this.#lookedAtMs = ownMs
    return ownMs + this.#offsetMs
  }

  /** Of the answer that is believed; 0 before there was one. */
  get roundTripMs(): number {
    return this.#best?.roundTripMs ?? 0
  }

  /** An answer came, which was asked for then and says this. */
  answered(askedAtMs: number, serverMs: number): void {
    const ownMs = this.#now()
    const roundTripMs = Math.max(0, ownMs - askedAtMs)
    const sample = { roundTripMs, offsetMs: serverMs + roundTripMs / 2 - ownMs }
    if (!this.#fits(sample)) this.#samples = []
    this.#samples = [...this.#samples.slice(1 - SAMPLES_MAX), sample]
    this.#best = this.#samples.reduce((best, other) => (other.roundTripMs < best.roundTripMs ? other : best))
  }

  /** An answer is wrong by half of its round trip at most. If the two cannot both be right, a clock was set meanwhile. */
  #fits({ roundTripMs, offsetMs }: Sample): boolean {
    const best = this.#best ?? { roundTripMs, offsetMs }
    return Math.abs(offsetMs - best.offsetMs) <= (roundTripMs + best.roundTripMs) / 2 + DRIFT_MS
  }
}
