import { areSame } from '../base/same-items.ts'
import type { Clock } from '../base/clock.ts'
import { encodeEventBlock } from '../link/event-block.ts'
import type { PrimaryMethods } from '../link/methods/primary.ts'
import type { WorkerMethods } from '../link/methods/worker.ts'
import type { PlacedEvent } from '../protocol/placed-event.ts'

export interface DeliveriesOptions {
  readonly intervalMs: number
  readonly clock: Clock
  readonly schedule: (action: () => void, delayMs: number) => void
  readonly send: (worker: number, block: Buffer) => void
}

/**
 * Messages whose order relative to events does not matter. They do not wait for gathered events and do not flush them. Before
 * any other message, a worker is sent the events that are older than the message.
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
 * Gathers events for the workers. The cost of fan-out is a message to each worker, and there a `send` for each socket. So events
 * are sent at once if none was sent in the last interval, and otherwise together at the end of the interval.
 */
export class Deliveries {
  readonly #options: DeliveriesOptions
  #pending = new Map<number, PlacedEvent[]>()
  #sentAtMs = -Infinity
  #scheduled = false

  constructor(options: DeliveriesOptions) {
    this.#options = options
  }

  /** The number of events that wait, over all workers. For metrics. */
  get queueLength(): number {
    let length = 0
    for (const events of this.#pending.values()) length += events.length
    return length
  }

  /** Takes events from the log for each worker, in the order of the log. */
  add(outgoing: ReadonlyMap<number, PlacedEvent[]>): void {
    if (outgoing.size === 0) return
    for (const [worker, events] of outgoing) {
      const pending = this.#pending.get(worker)
      if (!pending) this.#pending.set(worker, events)
      else for (const event of events) pending.push(event)
    }
    this.#sendWhenDue()
  }

  /** Call this before each message and each answer to a worker. */
  before(worker: number, method: keyof PrimaryMethods | keyof WorkerMethods): void {
    if (OVERTAKING.has(method)) return
    const events = this.#pending.get(worker)
    if (!events) return
    this.#pending.delete(worker)
    this.#options.send(worker, encodeEventBlock(events))
  }

  /** Drops the events of a worker that has ended. */
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
      // Most workers get the same events, because each has members of the namespace.
      if (!encoded || !areSame(encoded.events, events)) encoded = { events, block: encodeEventBlock(events) }
      this.#options.send(worker, encoded.block)
    }
  }
}
