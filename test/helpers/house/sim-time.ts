import type { Clock } from '../../../src/base/clock.ts'

interface Timer {
  readonly id: number
  /** Timers that are due at the same time run in the order in which they were set. */
  readonly order: number
  readonly action: () => void
  readonly everyMs: number | undefined
  dueMs: number
}

/** The result of setTimeout, with only those parts of Node's object that are used. */
interface Handle {
  readonly id: number
  ref(): Handle
  unref(): Handle
  hasRef(): boolean
  [Symbol.toPrimitive](): number
}

type Globals = Pick<
  typeof globalThis,
  'setTimeout' | 'setInterval' | 'setImmediate' | 'clearTimeout' | 'clearInterval' | 'clearImmediate'
>

/** Unix time at the start of every simulation. */
const WALL_START_MS = 1_790_000_000_000
/** The most steps of one run. A loop that never ends is a defect. */
const STEPS_MAX = 2_000_000
/** The most steps without any time passing. A busy moment has some hundred; with many more, nothing else would ever happen. */
const STEPS_AT_ONCE_MAX = 20_000
/** Node changes a longer delay, and NaN, to 1 ms. */
const DELAY_MS_MAX = 2 ** 31 - 1

const realImmediate = globalThis.setImmediate
const realTurn = (): Promise<void> => new Promise((resolve) => void realImmediate(resolve))

/** Simulates time for one test of code that has timers and does no real I/O. */
export function simulateTime(owner: { teardown(end: () => void): void }): SimTime {
  const time = new SimTime()
  owner.teardown(time.install(() => Math.random()))
  return time
}

/**
 * Time that passes only when nothing else is left to do. While it is installed, it replaces the timers and clocks of this whole
 * process, and everything waits for `run`. Promises and streams go on by themselves, so there must be no real I/O meanwhile.
 */
export class SimTime {
  #nowMs = 0
  #wallOffsetMs = WALL_START_MS
  #made = 0
  #timers = new Map<number, Timer>()
  #immediates = new Map<number, () => void>()
  /** Immediates that another one of the same turn has cancelled. */
  readonly #cancelled = new Set<number>()
  #uninstall = () => {}

  readonly clock: Clock = {
    nowMs: () => this.#nowMs,
    wallMs: () => Math.floor(this.#nowMs + this.#wallOffsetMs),
  }

  /** Returns a function that uninstalls it. */
  install(random: () => number): () => void {
    const real = {
      globals: {
        setTimeout: globalThis.setTimeout,
        setInterval: globalThis.setInterval,
        setImmediate: globalThis.setImmediate,
        clearTimeout: globalThis.clearTimeout,
        clearInterval: globalThis.clearInterval,
        clearImmediate: globalThis.clearImmediate,
      } satisfies Globals,
      dateNow: Date.now,
      mathRandom: Math.random,
    }
    Object.assign(globalThis, this.#fakes())
    Date.now = this.clock.wallMs
    performance.now = this.clock.nowMs
    Math.random = random
    this.#uninstall = () => {
      Object.assign(globalThis, real.globals)
      Date.now = real.dateNow
      Reflect.deleteProperty(performance, 'now') // so that the prototype's is used again
      Math.random = real.mathRandom
      this.#timers.clear()
      this.#immediates.clear()
      this.#uninstall = () => {}
    }
    return () => this.#uninstall()
  }

  get nowMs(): number {
    return this.#nowMs
  }

  /** Makes the wall clock jump. The monotonic clock does not. */
  jumpWall(byMs: number): void {
    this.#wallOffsetMs += byMs
  }

  /** The process gets no time for so long, as if it was stopped. What was due meanwhile runs late, all at once. */
  stall(forMs: number): void {
    this.#nowMs += forMs
  }

  /** Lets `forMs` pass, and runs all that is due in it. */
  async pass(forMs: number): Promise<void> {
    const untilMs = this.#nowMs + forMs
    await this.#run(() => false, untilMs)
    this.#nowMs = untilMs
  }

  /** Lets time pass until the condition holds. Resolves to false if it does not within `withinMs`. */
  until(condition: () => boolean, withinMs: number): Promise<boolean> {
    return this.#run(condition, this.#nowMs + withinMs)
  }

  /** Lets time pass until the promise settles. Throws if it does not within `withinMs`. */
  async settle<T>(promise: Promise<T>, withinMs = 60_000): Promise<T> {
    let isSettled = false
    const settled = () => void (isSettled = true)
    promise.then(settled, settled)
    if (!(await this.until(() => isSettled, withinMs))) throw new Error(`nothing came of it within ${withinMs} ms`)
    return promise
  }

  async #run(isDone: () => boolean, untilMs: number): Promise<boolean> {
    let atOnce = 0
    let lastMs = this.#nowMs
    for (let steps = 0; steps < STEPS_MAX; steps++) {
      await realTurn()
      if (isDone()) return true
      atOnce = this.#nowMs === lastMs ? atOnce + 1 : 0
      lastMs = this.#nowMs
      if (atOnce > STEPS_AT_ONCE_MAX) throw new Error(`something loops at ${lastMs} ms without letting time pass`)
      if (this.#immediates.size > 0) this.#runImmediates()
      else {
        const next = this.#nextTimer()
        if (!next || next.dueMs > untilMs) return false
        this.#fire(next)
      }
    }
    throw new Error('the simulation does not come to rest')
  }

  #runImmediates(): void {
    const immediates = this.#immediates
    this.#immediates = new Map()
    for (const [id, action] of immediates) {
      if (this.#cancelled.delete(id)) continue
      action()
    }
  }

  #nextTimer(): Timer | undefined {
    let next: Timer | undefined
    for (const timer of this.#timers.values()) {
      if (!next || timer.dueMs < next.dueMs || (timer.dueMs === next.dueMs && timer.order < next.order)) next = timer
    }
    return next
  }

  #fire(timer: Timer): void {
    this.#nowMs = Math.max(this.#nowMs, timer.dueMs)
    if (timer.everyMs === undefined) this.#timers.delete(timer.id)
    else timer.dueMs = this.#nowMs + timer.everyMs
    timer.action()
  }

  #set(action: () => void, delayMs: number | undefined, isRepeated: boolean): Handle {
    const id = ++this.#made
    const ms = Math.max(1, delayMs ?? 1)
    if (!(ms <= DELAY_MS_MAX)) throw new RangeError(`a timer of ${delayMs} ms: Node would take it for 1 ms`)
    const everyMs = isRepeated ? ms : undefined
    this.#timers.set(id, { id, order: id, action, everyMs, dueMs: this.#nowMs + ms })
    const handle: Handle = {
      id,
      ref: () => handle,
      unref: () => handle,
      hasRef: () => true,
      [Symbol.toPrimitive]: () => id,
    }
    return handle
  }

  #fakes(): Globals {
    const clear = (handle: unknown) => void this.#timers.delete(Number(handle))
    const bind =
      (isRepeated: boolean) =>
      (action: (...args: unknown[]) => void, delayMs?: number, ...args: unknown[]) =>
        this.#set(() => action(...args), delayMs, isRepeated)
    const fakes = {
      setTimeout: bind(false),
      setInterval: bind(true),
      setImmediate: (action: (...args: unknown[]) => void, ...args: unknown[]) => {
        const id = ++this.#made
        this.#immediates.set(id, () => action(...args))
        return id
      },
      clearTimeout: clear,
      clearInterval: clear,
      clearImmediate: (id: unknown) => {
        if (!this.#immediates.delete(Number(id))) this.#cancelled.add(Number(id))
      },
    }
    return fakes as unknown as Globals
  }
}
