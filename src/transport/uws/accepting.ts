import { errorAnswer } from '../../http/http.ts'
import { Refusal } from '../../protocol/errors.ts'
import type { HttpConnections } from './http-connections.ts'
import { refuseAtOnce } from './uws-http.ts'
import type { TemplatedApp } from './uws.ts'

/** Decides which connections are accepted, before anything was read from them. */
export interface AcceptRules {
  /**
   * For this process. At the limit of open files the kernel would wake the process again and again for a connection that it
   * cannot accept.
   */
  readonly socketsMax: number
  /** Counts a connection of that peer. Returns RATE_LIMITED if it makes too many. */
  readonly limit: (remoteAddress: string) => Refusal | undefined
  readonly onFull: () => void
}

/** Descriptors become free only when clients leave. */
const FULL_RETRY_MS = 5_000

/** Counts the connections of an app from when they are accepted. If there are too many, the new one is answered and closed. */
export function watchConnections(
  app: TemplatedApp,
  connections: HttpConnections,
  { socketsMax, limit, onFull }: AcceptRules,
): void {
  app.filter((response, change) => {
    if (change < 0) {
      connections.closed()
      return
    }
    connections.opened()
    const isFull = connections.sockets > socketsMax
    if (isFull) onFull()
    const refusal = isFull ? full() : limit(Buffer.from(response.getRemoteAddressAsText()).toString())
    if (refusal) refuseAtOnce(response, errorAnswer(refusal))
  })
}

function full(): Refusal {
  return new Refusal('OVERLOADED', 'too many connections', { retry_after_ms: FULL_RETRY_MS })
}
