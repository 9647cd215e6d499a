import { nowMs } from './timing.ts'

/** The time of the server, as far as a client can know it. */
interface Sample {
  readonly roundTripMs: number
  readonly offsetMs: number
}

const SAMPLES_MAX = 8
/** How much of the time that has passed the clock may be moved by: it never jumps while it is looked at, and never goes back. */
const SLEW = 0.1
/** What is further off than this is set at once: the machine slept, or its clock was set. */
const JUMP_MS = 1_000

/** The server's clock: from answers that say what time it is, of which the one that was quickest is believed. */
export class Clock {
  readonly #now: () => number
  #samples: Sample[] = []
  #offsetMs: number | undefined
  #lookedAtMs = 0

  constructor(now: () => number = nowMs) {
    this.#now = now
  }

  /** Unix time in milliseconds. */
  get nowMs(): number {
    const ownMs = this.#now()
    const wanted = this.#best?.offsetMs ?? 0
    const off = wanted - (this.#offsetMs ?? wanted)
    const mayMoveMs = Math.max(0, ownMs - this.#lookedAtMs) * SLEW
    const isFar = Math.abs(off) > JUMP_MS
    this.#offsetMs = isFar ? wanted : wanted - off + Math.max(-mayMoveMs, Math.min(mayMoveMs, off))
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
    this.#samples = [
      ...this.#samples.slice(1 - SAMPLES_MAX),
      { roundTripMs, offsetMs: serverMs + roundTripMs / 2 - ownMs },
    ]
  }

  get #best(): Sample | undefined {
    return this.#samples.reduce<Sample | undefined>(
      (best, sample) => (best && best.roundTripMs <= sample.roundTripMs ? best : sample),
      undefined,
    )
  }
}
