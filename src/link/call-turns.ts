import type { Clock } from '../base/clock.ts'
import { Deque } from '../base/deque.ts'

export interface CallTurnsOptions {
  readonly clock: Pick<Clock, 'nowMs'>
  /** How long calls may take in one turn of the event loop. With 0 each takes a turn. */
  readonly sliceMs: number
  /** Runs the action in the next turn of the event loop. */
  readonly nextTurn?: (action: () => void) => void
}

/** A link whose calls take turns. */
export interface LaneEnd<Call> {
  readonly run: (call: Call) => void
  /** The call has waited for its turn until `nowMs`, so that it may be too late for it. */
  readonly runWaiting: (call: Call, nowMs: number) => void
  /** Far too much is owed to some other side for more events to be made. */
  readonly refuse: (call: Call) => void
  /** The other side does not take its answers: none of its calls is carried out. */
  readonly isFull: () => boolean
}

/** The calls of one connection that wait. */
interface Line<Call> {
  readonly lane: Lane<Call>
  readonly from: number
  readonly calls: Call[]
}

/**
 * When calls that are made for connections are carried out: those of one connection in their order, and if calls wait, one of each
 * connection after another, for `sliceMs` in each turn of the event loop. So a connection waits for one call of each other connection
 * at most, however many these have made, and what is no call of a connection waits for one slice.
 */
export class CallTurns<Call = unknown> {
  readonly #clock: Pick<Clock, 'nowMs'>
  readonly #sliceMs: number
  readonly #nextTurn: (action: () => void) => void
  /** The connections whose calls wait, in the order of their turns; not those of full links. */
  readonly #ring = new Deque<Line<Call>>()
  #sliceEndsMs = -Infinity
  #isInSlice = false
  readonly #stuck = new Set<Lane<Call>>()

  constructor({ clock, sliceMs, nextTurn = (action) => void setImmediate(action) }: CallTurnsOptions) {
    this.#clock = clock
    this.#sliceMs = sliceMs
    this.#nextTurn = nextTurn
  }

  /** For one link. */
  lane(end: LaneEnd<Call>): Lane<Call> {
    return new Lane(end, this)
  }

  /** Connections whose calls wait for their turn. */
  get waiting(): number {
    return this.#ring.length
  }

  /** Events go to all links: as long as one of them owes far too much, nothing that may make more is done. */
  get isStuck(): boolean {
    return this.#stuck.size > 0
  }

  setStuck(lane: Lane<Call>, isStuck: boolean): void {
    if (isStuck) this.#stuck.add(lane)
    else this.#stuck.delete(lane)
  }

  /** A call can be carried out at once: nothing waits, and the slice has time left. */
  mayRun(): boolean {
    if (this.#ring.length > 0) return false
    if (this.#isInSlice) return this.#clock.nowMs() < this.#sliceEndsMs
    this.#begin()
    return true
  }

  /** The connection has calls that wait. */
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
  /** Wait until the link is full no more. */
  #parked: Line<Call>[] = []
  #isClosed = false

  constructor(end: LaneEnd<Call>, turns: CallTurns<Call>) {
    this.end = end
    this.#turns = turns
  }

  /** Carries out the call, now or when its turn comes. @param from the connection; its calls keep their order */
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

  /** Far too much is owed to the other side. */
  stuck(): void {
    this.#turns.setStuck(this, true)
  }

  /** The link is full no more. */
  goOn(): void {
    this.#turns.setStuck(this, false)
    const parked = this.#parked
    this.#parked = []
    for (const line of parked) this.#turns.enter(line)
  }

  /** The link is closed: what waits is not done, as there is nobody to answer. */
  close(): void {
    this.#isClosed = true
    this.#turns.setStuck(this, false)
    this.#lines.clear()
    this.#parked = []
  }

  /** Whether the line has no turn now. */
  parks(line: Line<Call>): boolean {
    if (this.#isClosed) return true
    if (!this.end.isFull()) return false
    this.#parked.push(line)
    return true
  }

  /** Nothing of the connection waits any more. */
  left({ from }: Line<Call>): void {
    this.#lines.delete(from)
  }
}

export type { Lane }
