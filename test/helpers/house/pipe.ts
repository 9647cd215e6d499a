import { Duplex } from 'node:stream'

/** One end of a pipe in memory. What is written arrives at the other end in order, some time later. */
export class PipeEnd extends Duplex {
  #other: PipeEnd | undefined
  readonly #delayMs: () => number
  /** What was sent to this end and has not arrived yet. */
  readonly #arriving: { readonly chunk: Buffer; readonly taken: () => void }[] = []
  #isHeld = false
  #isDelivering = false

  constructor(delayMs: () => number) {
    super({ highWaterMark: 1 << 20 })
    this.#delayMs = delayMs
  }

  connect(other: PipeEnd): void {
    this.#other = other
  }

  /** From now on nothing arrives here until `release`, as if the process was stopped. */
  hold(): void {
    this.#isHeld = true
  }

  release(): void {
    this.#isHeld = false
    this.#deliver()
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#other?.arrive(Buffer.from(chunk), done)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const other = this.#other
    this.#other = undefined
    if (other) setImmediate(() => other.destroy())
    done(error)
  }

  arrive(chunk: Buffer, taken: () => void): void {
    this.#arriving.push({ chunk, taken })
    if (!this.#isDelivering) this.#schedule()
  }

  #schedule(): void {
    this.#isDelivering = true
    const delayMs = this.#delayMs()
    const deliver = () => {
      this.#isDelivering = false
      this.#deliver()
    }
    if (delayMs === 0) setImmediate(deliver)
    else setTimeout(deliver, delayMs)
  }

  #deliver(): void {
    if (this.#isHeld || this.destroyed) return
    for (const { chunk, taken } of this.#arriving.splice(0)) {
      this.push(chunk)
      taken()
    }
  }
}

/** Makes both ends. If one is destroyed, the other is destroyed a turn later. */
export function createPipe(delayMs: () => number): readonly [PipeEnd, PipeEnd] {
  const one = new PipeEnd(delayMs)
  const other = new PipeEnd(delayMs)
  one.connect(other)
  other.connect(one)
  return [one, other]
}
