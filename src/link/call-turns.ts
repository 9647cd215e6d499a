import type { Clock } from '../base/clock.ts'
import { Deque } from '../base/deque.ts'

export interface CallTurnsOptions {
  readonly clock: Pick<Clock, 'nowMs'>
  /** How long calls may run in one turn of the event loop. With 0, one call runs in each turn. */
  readonly sliceMs: number
  /** Runs the action in the next turn of the event loop; `setImmediate` by default. */
  readonly nextTurn?: (action: () => void) => void
}

/** One link, as `CallTurns` sees it. */
export interface LaneEnd<Call> {
  readonly run: (call: Call) => void
  /** Runs a call that has waited for its turn until `nowMs`, so that its deadline may have passed. */
  readonly runWaiting: (call: Call, nowMs: number) => void
  /** Refuses a call, because a link is stuck: far too much is queued for its other side, and a call could add more events. */
  readonly refuse: (call: Call) => void
  /** Whether the other side does not read its answers. As long as it does not, none of its calls is run. */
  readonly isFull: () => boolean
}

/** The waiting calls of one connection. */
interface Line<Call> {
  readonly lane: Lane<Call>
  readonly from: number
  readonly calls: Call[]
}

/**
 * Decides when calls that are made for connections are run. Calls of one connection run in order. If calls wait, the connections
 * take turns with one call each, for `sliceMs` in each turn of the event loop. So a connection waits for at most one call of each
 * other connection, however many these have made. Work that is not a call of a connection waits for one slice.
 */
export class CallTurns<Call = unknown> {
  readonly #clock: Pick<Clock, 'nowMs'>
  readonly #sliceMs: number
  readonly #nextTurn: (action: () => void) => void
  /** The connections whose calls wait, in the order of their turns. Those of full links are not in it. */
  readonly #ring = new Deque<Line<Call>>()
  #sliceEndsMs = -Infinity
  #isInSlice = false
  readonly #stuck = new Set<Lane<Call>>()

  constructor({ clock, sliceMs, nextTurn = (action) => void setImmediate(action) }: CallTurnsOptions) {
    this.#clock = clock
    this.#sliceMs = sliceMs
    this.#nextTurn = nextTurn
  }

  lane(end: LaneEnd<Call>): Lane<Call> {
    return new Lane(end, this)
  }

  /** How many connections have calls that wait for their turn. */
  get waiting(): number {
    return this.#ring.length
  }

  /** Events go to all links. So while one of them is stuck, no call that may make more events is run. */
  get isStuck(): boolean {
    return this.#stuck.size > 0
  }

  setStuck(lane: Lane<Call>, isStuck: boolean): void {
    if (isStuck) this.#stuck.add(lane)
    else this.#stuck.delete(lane)
  }

  /** Whether a call can run at once: nothing waits, and the slice has time left. */
  mayRun(): boolean {
    if (this.#ring.length > 0) return false
    if (this.#isInSlice) return this.#clock.nowMs() < this.#sliceEndsMs
    this.#begin()
    return true
  }

  /** The connection has its first waiting call. */
  enter(line: Line<Call>): void {
    this.#ring.push(line)
    if (!this.#isInSlice) this.#begin()
  }

  #begin(): void {
    this.#isInSlice = true
    this.#sliceEndsMs = this.#clock.nowMs() + this.#sliceMs
    this.#nextTurn(this.#turn)
  }

  readonly #turn = (): void => {
    this.#isInSlice = false
    if (this.#ring.length === 0) return
    this.#begin()
    do this.#runOne()
    while (this.#ring.length > 0 && this.#clock.nowMs() < this.#sliceEndsMs)
  }

  #runOne(): void {
    for (let line = this.#ring.shift(); line; line = this.#ring.shift()) {
      if (line.lane.parks(line)) continue
      const call = line.calls.shift() as Call
      if (line.calls.length > 0) this.#ring.push(line)
      else line.lane.left(line)
      line.lane.end.runWaiting(call, this.#clock.nowMs())
      return
    }
  }
}

/** The calls of one link. */
class Lane<Call> {
  readonly end: LaneEnd<Call>
  readonly #turns: CallTurns<Call>
  readonly #lines = new Map<number, Line<Call>>()
  /** Connections that wait until the link is no longer full. */
  #parked: Line<Call>[] = []
  #isClosed = false

  constructor(end: LaneEnd<Call>, turns: CallTurns<Call>) {
    this.end = end
    this.#turns = turns
  }

  /** Runs the call, now or when its turn comes. @param from the number of the connection, whose calls stay in order */
  add(from: number, call: Call): void {
    if (this.#turns.isStuck) {
      this.end.refuse(call)
      return
    }
    if (!this.end.isFull() && this.#turns.mayRun()) {
      this.end.run(call)
      return
    }
    const waiting = this.#lines.get(from)
    if (waiting) {
      waiting.calls.push(call)
      return
    }
    const line = { lane: this, from, calls: [call] }
    this.#lines.set(from, line)
    if (!this.parks(line)) this.#turns.enter(line)
  }

  /** Far too much is queued for the other side. */
  stuck(): void {
    this.#turns.setStuck(this, true)
  }

  /** The link is no longer full. */
  goOn(): void {
    this.#turns.setStuck(this, false)
    const parked = this.#parked
    this.#parked = []
    for (const line of parked) this.#turns.enter(line)
  }

  /** The link is closed. Calls that wait are not run, because nobody is there for their answers. */
  close(): void {
    this.#isClosed = true
    this.#turns.setStuck(this, false)
    this.#lines.clear()
    this.#parked = []
  }

  /** Whether the connection gets no turn now. */
  parks(line: Line<Call>): boolean {
    if (this.#isClosed) return true
    if (!this.end.isFull()) return false
    this.#parked.push(line)
    return true
  }

  /** No call of the connection waits any more. */
  left({ from }: Line<Call>): void {
    this.#lines.delete(from)
  }
}

export type { Lane }
