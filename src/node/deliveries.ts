import { areSame } from '../base/same-items.ts'
import type { Clock } from '../base/clock.ts'
import { encodeEventBlock } from '../link/event-block.ts'
import type { PrimaryMethods } from '../link/methods/primary.ts'
import type { WorkerMethods } from '../link/methods/worker.ts'
import type { PlacedEvent } from '../protocol/placed-event.ts'

export interface DeliveriesOptions {
  readonly intervalMs: number
  readonly clock: Clock
  /** Runs `action` after `delayMs`. */
  readonly schedule: (action: () => void, delayMs: number) => void
  readonly send: (worker: number, block: Buffer) => void
}

/**
 * Messages that say nothing of what events there are before them: they do not wait for events that are gathered, and do
 * not make them leave. Before any other message a worker gets the events that came before it.
 */
const OVERTAKING: ReadonlySet<keyof PrimaryMethods | keyof WorkerMethods> = new Set([
  'broadcast',
  'message',
  'buy',
  'close',
  'ready',
  'metrics',
  'logLevel',
  'ping',
  'jwks',
  'goodChanged',
  'addressFull',
  'namespaceFull',
  'shareParts',
  'logPrice',
  'httpTaken',
  'memoryShort',
  'relieve',
  'relay',
  'workerGone',
  'gameInput',
  'snapshot',
  'catchUp',
  'gameRooms',
  'games',
  'gameRoomOpen',
  'gameRoom',
  'gameRoomInput',
] as const)

/**
 * Events on their way to the workers. A message to a worker, and there a `send` for each socket, is what fan-out costs, so
 * what belongs together is gathered: it leaves at once where nothing left in the last interval, at the interval's end
 * otherwise.
 */
export class Deliveries {
  readonly #options: DeliveriesOptions
  #pending = new Map<number, PlacedEvent[]>()
  #sentAtMs = -Infinity
  #scheduled = false

  constructor(options: DeliveriesOptions) {
    this.#options = options
  }

  /** For metrics: events that wait for the interval's end, over all workers. */
  get queueLength(): number {
    let length = 0
    for (const events of this.#pending.values()) length += events.length
    return length
  }

  /** What the log brought at once, for each worker; in the order of the log. */
  add(outgoing: ReadonlyMap<number, PlacedEvent[]>): void {
    if (outgoing.size === 0) return
    for (const [worker, events] of outgoing) {
      const pending = this.#pending.get(worker)
      if (!pending) this.#pending.set(worker, events)
      else for (const event of events) pending.push(event)
    }
    this.#sendWhenDue()
  }

  /** To be called before a worker is told anything, or answered. */
  before(worker: number, method: keyof PrimaryMethods | keyof WorkerMethods): void {
    if (OVERTAKING.has(method)) return
    const events = this.#pending.get(worker)
    if (!events) return
    this.#pending.delete(worker)
    this.#options.send(worker, encodeEventBlock(events))
  }

  /** The worker is gone. */
  forget(worker: number): void {
    this.#pending.delete(worker)
  }

  #sendWhenDue(): void {
    if (this.#scheduled) return
    const { clock, intervalMs, schedule } = this.#options
    const waitMs = this.#sentAtMs + intervalMs - clock.nowMs()
    if (waitMs <= 0) {
      this.#sendAll()
      return
    }
    this.#scheduled = true
    schedule(() => {
      this.#scheduled = false
      this.#sendAll()
    }, waitMs)
  }

  #sendAll(): void {
    const pending = this.#pending
    this.#pending = new Map()
    this.#sentAtMs = this.#options.clock.nowMs()
    let encoded: { readonly events: readonly PlacedEvent[]; readonly block: Buffer } | undefined
    for (const [worker, events] of pending) {
      // Members of a namespace are everywhere: mostly all workers get the same.
      if (!encoded || !areSame(encoded.events, events)) encoded = { events, block: encodeEventBlock(events) }
      this.#options.send(worker, encoded.block)
    }
  }
}
