import type { Clock } from '../base/clock.ts'
import { delay } from '../base/delay.ts'
import type { Random } from '../base/random.ts'
import { SERVER_EVENT } from '../protocol/events.ts'
import type { Connection } from '../session/connection.ts'
import type { WorkerContext } from './context.ts'
import type { RealTime } from './real-time.ts'

export interface DrainOptions {
  readonly connections: ReadonlyMap<string, Connection>
  readonly clock: Clock
  readonly random: Random
  /** How many connections for HTTP are left. Each answer tells its client that the connection ends. */
  readonly httpConnections: () => number
  /** How many requests of this worker's clients are not answered yet. */
  readonly callsUnderWay: () => number
  /** From now on refuses requests and new connections. */
  readonly refuse: () => void
  /** The part of `withinMs` in which clients may leave by themselves. 0 if they cannot go anywhere else. */
  readonly graceMs: number
  readonly withinMs: number
}

/** How many clients of one worker should come back in one second. Their returns are spread accordingly. */
const RETURNS_PER_SECOND = 2_000
const RETRY_MIN_MS = 500
/** How many connections one turn closes, so that the event loop is not blocked. */
const SLICE = 500
/** The share of the time that unanswered requests may use. */
const REQUESTS_SHARE = 0.6
const CLOSES_SHARE = 0.2
const LAST_POLLS_MS = 1_000
/** The share of the time after which HTTP connections have to be gone. uWS closes an idle one after 8 to 12 s. */
const HTTP_SHARE = 0.95
/** How long to wait for frames that another worker still passes on to a client. */
const RELAYED_MS = 50

export function drainParts(
  { context, realTime }: { readonly context: WorkerContext; readonly realTime: RealTime },
  times: Pick<DrainOptions, 'httpConnections' | 'graceMs' | 'withinMs'>,
): Promise<void> {
  return drain({
    ...times,
    connections: realTime.sessions.all,
    clock: context.clock,
    random: context.random,
    callsUnderWay: () => context.link.callsUnderWay,
    refuse: () => {
      realTime.admission.setDraining(true)
      realTime.dispatch.drain()
    },
  })
}

/**
 * Tells clients that the end is near, lets them move elsewhere if they can, and waits until requests are answered. Then closes
 * every connection with 4000. Connections for HTTP are not closed, but waited for if clients can go elsewhere.
 */
export async function drain(options: DrainOptions): Promise<void> {
  const { connections, clock, withinMs, graceMs, callsUnderWay, refuse } = options
  const httpUntilMs = clock.nowMs() + withinMs * HTTP_SHARE
  const untilMs = clock.nowMs() + graceMs + (withinMs - graceMs) * REQUESTS_SHARE
  if (graceMs === 0) refuse()
  const retryAfterMs = createSpread(options)
  const told = new WeakSet<Connection>()
  const tell = () => {
    for (const connection of connections.values()) {
      // A connection that is just being opened is told by a later call.
      if (!connection.isOpen || told.has(connection)) continue
      told.add(connection)
      connection.sendEvent(SERVER_EVENT.draining, { retry_after_ms: retryAfterMs() })
    }
  }
  tell()
  const leftByMs = clock.nowMs() + graceMs
  while (connections.size > 0 && clock.nowMs() < leftByMs) {
    await delay(10)
    tell()
  }
  if (graceMs > 0) refuse()
  while (callsUnderWay() > 0 && clock.nowMs() < untilMs) await delay(10)
  const all = [...connections.values()]
  for (let i = 0; i < all.length; i += SLICE) {
    for (const connection of all.slice(i, i + SLICE)) connection.closeForDrain(retryAfterMs())
    await delay(1)
  }
  // A client that polls gets the close with its next poll.
  const lastMs = Math.min(clock.nowMs() + LAST_POLLS_MS, untilMs + withinMs * CLOSES_SHARE)
  while (connections.size > 0 && clock.nowMs() < lastMs) await delay(10)
  await delay(RELAYED_MS)
  // If this process ended now, requests that come on its HTTP connections would be lost. If it says `Connection: close` in time,
  // another process takes them.
  if (graceMs === 0) return
  while (options.httpConnections() > 0 && clock.nowMs() < httpUntilMs) await delay(10)
}

/**
 * How many milliseconds each client should wait before it connects again. The times are spread, so that clients do not all come
 * at once.
 */
function createSpread({ connections, graceMs, random }: DrainOptions): () => number {
  const spreadMs = Math.max(RETRY_MIN_MS, (connections.size / RETURNS_PER_SECOND) * 1000)
  // If clients can go elsewhere, they should have left before the close.
  if (graceMs > 0) return () => Math.round(random.fraction() * Math.min(spreadMs, graceMs / 2))
  return () => Math.round(RETRY_MIN_MS + random.fraction() * spreadMs)
}
