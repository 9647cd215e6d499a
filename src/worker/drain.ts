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
  /** Connections for HTTP that are still there. Each answer tells its client that its connection ends. */
  readonly httpConnections: () => number
  /** Requests of this worker's clients that are not answered yet. */
  readonly callsUnderWay: () => number
  /** From now on requests and whoever still comes are refused. */
  readonly refuse: () => void
  /** Of `withinMs`, what clients may take to leave by themselves; 0: there is nowhere to go. */
  readonly graceMs: number
  readonly withinMs: number
}

/** Clients should come back spread over so much time: this many of one worker in a second. */
const RETURNS_PER_SECOND = 2_000
const RETRY_MIN_MS = 500
/** Closed in one turn, so that the loop stays alive. */
const SLICE = 500
/** Of the time there is, what requests under way may use. */
const REQUESTS_SHARE = 0.6
const CLOSES_SHARE = 0.2
const LAST_POLLS_MS = 1_000
/** Of the time there is, when HTTP connections have to be gone. uWS ends one that is idle after 8 to 12 s. */
const HTTP_SHARE = 0.95
/** What is on its way to a client by another worker. */
const RELAYED_MS = 50

/** Drains what a worker is made of, whatever its sockets are. */
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
 * Says that the end is near, lets clients move elsewhere where they can, and requests under way be answered, then closes every
 * connection with 4000. Connections for HTTP are not closed: this waits for them if there is somewhere to go.
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
      // One that is just being opened is told when it is.
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
  // A client that polls hears of it with its next poll.
  const lastMs = Math.min(clock.nowMs() + LAST_POLLS_MS, untilMs + withinMs * CLOSES_SHARE)
  while (connections.size > 0 && clock.nowMs() < lastMs) await delay(10)
  await delay(RELAYED_MS)
  // A request on a connection that ends with this process would be lost; others take it when this one says so in time.
  if (graceMs === 0) return
  while (options.httpConnections() > 0 && clock.nowMs() < httpUntilMs) await delay(10)
}

/** When each client should come (back), in milliseconds: spread, so that they do not come all at once. */
function createSpread({ connections, graceMs, random }: DrainOptions): () => number {
  const spreadMs = Math.max(RETRY_MIN_MS, (connections.size / RETURNS_PER_SECOND) * 1000)
  // Where there is somewhere to go, in time to be gone before the close.
  if (graceMs > 0) return () => Math.round(random.fraction() * Math.min(spreadMs, graceMs / 2))
  return () => Math.round(RETRY_MIN_MS + random.fraction() * spreadMs)
}
