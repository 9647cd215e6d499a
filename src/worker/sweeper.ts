import { CLOSE } from '../protocol/close-codes.ts'
import { pingTimes } from '../session/ping-times.ts'
import { Sweeper } from '../session/sweep.ts'
import type { WorkerContext } from './context.ts'
import type { RealTime } from './real-time.ts'

/**
 * If more than LAG_BYTES wait in a socket's buffer, newer events may replace older ones. From then on, events are put into the
 * buffer in chunks of LAG_CHUNK_BYTES.
 */
const LAG_BYTES = 64 * 1024
const LAG_CHUNK_BYTES = 16 * 1024

/** Its timer runs as long as the process does. */
export function startSweeper(
  { config: { settings }, metrics, clock, logs }: WorkerContext,
  { sessions, fanout, shares }: RealTime,
): Sweeper {
  const bytesMax = settings.BACKPRESSURE_BYTES
  const log = logs.of('session')
  return new Sweeper(sessions.all, {
    clock,
    shares,
    backpressureBytesMax: bytesMax,
    lagBytes: Math.min(LAG_BYTES, bytesMax / 4),
    lag: {
      fanout,
      bytesMax,
      chunkBytes: LAG_CHUNK_BYTES,
      onSkipped: (events: number) => metrics.skipped.inc(events),
      onSlow: ({ id, userId, waitingBytes, stalledSinceMs }, cause) => {
        metrics.slowConsumers.inc({ cause })
        const stalledMs = stalledSinceMs === 0 ? 0 : Math.round(clock.nowMs() - stalledSinceMs)
        log.info(
          { connection: id, user: userId, code: CLOSE.slowConsumer, cause, waitingBytes, stalledMs },
          'a client reads too slowly: its connection is closed',
        )
      },
    },
    stallMs: settings.SOCKET_WRITE_TIMEOUT,
    pings: pingTimes(settings.SOCKET_READ_TIMEOUT),
    expiryGraceMs: settings.AUTH_CLOCK_SKEW + settings.AUTH_EXPIRY_GRACE,
  })
}
