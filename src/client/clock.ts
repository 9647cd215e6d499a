import { CLOCK_DRIFT_MS, CLOCK_JUMP_MS, CLOCK_SAMPLES_MAX, CLOCK_SLEW } from './limits.ts'
import { nowMs } from './timing.ts'

interface Sample {
  readonly roundTripMs: number
  readonly offsetMs: number
}

/** Estimates the server's clock from answers that contain its time. The answer with the shortest round trip counts. */
export class Clock {
  readonly #now: () => number
  #samples: Sample[] = []
  #best: Sample | undefined
  #offsetMs: number | undefined
  #lookedAtMs = 0

  constructor(now: () => number = nowMs) {
    this.#now = now
  }

  /** Unix time in milliseconds. Until the first answer it is this machine's time. */
  get nowMs(): number {
    const ownMs = this.#now()
    const wantedMs = this.#best?.offsetMs
    if (wantedMs === undefined) return ownMs
    const off = wantedMs - (this.#offsetMs ?? wantedMs)
    const mayMoveMs = Math.max(0, ownMs - this.#lookedAtMs) * CLOCK_SLEW
    const leftMs = Math.abs(off) > CLOCK_JUMP_MS ? 0 : off - Math.max(-mayMoveMs, Math.min(mayMoveMs, off))
    this.#offsetMs = wantedMs - leftMs
    this.#lookedAtMs = ownMs
    return ownMs + this.#offsetMs
  }

  /** The round trip of the answer that counts. 0 if there was none. */
  get roundTripMs(): number {
    return this.#best?.roundTripMs ?? 0
  }

  /** Call this for each answer. @param askedAtMs when it was asked for @param serverMs the time that it contains */
  answered(askedAtMs: number, serverMs: number): void {
    const ownMs = this.#now()
    const roundTripMs = Math.max(0, ownMs - askedAtMs)
    const sample = { roundTripMs, offsetMs: serverMs + roundTripMs / 2 - ownMs }
    // Each answer is off by at most half of its round trip. If two of them cannot both be right, a clock was set in between.
    const best = this.#best ?? sample
    const mayDifferMs = (roundTripMs + best.roundTripMs) / 2 + CLOCK_DRIFT_MS
    if (Math.abs(sample.offsetMs - best.offsetMs) > mayDifferMs) this.#samples = []
    this.#samples = [...this.#samples.slice(1 - CLOCK_SAMPLES_MAX), sample]
    this.#best = this.#samples.reduce((best, other) => (other.roundTripMs < best.roundTripMs ? other : best))
  }
}
