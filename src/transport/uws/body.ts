import { Refusal } from '../../protocol/errors.ts'

export interface BodyLimits {
  readonly bytesMax: number
  readonly budget: BodyBudget
}

/** Bounds how many bytes all unfinished bodies take together. */
export class BodyBudget {
  readonly #bytesMax: number
  #taken = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** The bytes that are taken now. */
  get taken(): number {
    return this.#taken
  }

  take(bytes: number): boolean {
    if (this.#taken + bytes > this.#bytesMax) return false
    this.#taken += bytes
    return true
  }

  giveBack(bytes: number): void {
    this.#taken -= bytes
  }
}

/** Other requests have to be answered first, which takes milliseconds, or given up, which takes uWS up to 14 s. */
const RETRY_MS = 1_000

/** Collects a body in one piece of memory, however small its chunks are. It has to be released in the end. */
export class Body {
  readonly #limits: BodyLimits
  #memory = Buffer.alloc(0)
  #length = 0
  #isReleased = false

  constructor(limits: BodyLimits) {
    this.#limits = limits
  }

  /** Copies the chunk. Throws PAYLOAD_TOO_LARGE, OVERLOADED. Does nothing once it is released. */
  add(chunk: ArrayBuffer | Uint8Array): void {
    if (this.#isReleased) return
    const length = this.#length + chunk.byteLength
    if (length > this.#limits.bytesMax) throw tooLarge(this.#limits.bytesMax)
    if (length > this.#memory.length) this.#grow(length)
    this.#memory.set(new Uint8Array(chunk), this.#length)
    this.#length = length
  }

  bytes(): Uint8Array {
    return this.#memory.subarray(0, this.#length)
  }

  /** Drops what has come, and what is still to come. */
  release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#limits.budget.giveBack(this.#memory.length)
    this.#memory = Buffer.alloc(0)
    this.#length = 0
  }

  #grow(bytesMin: number): void {
    const { bytesMax, budget } = this.#limits
    const bytes = Math.min(bytesMax, Math.max(bytesMin, this.#memory.length * 2))
    if (!budget.take(bytes - this.#memory.length)) {
      throw new Refusal('OVERLOADED', 'too many bodies are under way', { retry_after_ms: RETRY_MS })
    }
    const memory = Buffer.allocUnsafeSlow(bytes)
    memory.set(this.bytes())
    this.#memory = memory
  }
}

export function tooLarge(bytesMax: number): Refusal {
  return new Refusal('PAYLOAD_TOO_LARGE', `a body may have at most ${bytesMax} bytes`, { bytes_max: bytesMax })
}
