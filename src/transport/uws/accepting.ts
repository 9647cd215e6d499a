import { errorAnswer } from '../../http/http.ts'
import { Refusal } from '../../protocol/errors.ts'
import type { HttpConnections } from './http-connections.ts'
import { refuseAtOnce } from './uws-http.ts'
import type { TemplatedApp } from './uws.ts'

/** Which connections are taken at all, before anything was read from them. */
export interface AcceptRules {
  /** Of this process. At the limit of open files the kernel would wake it again and again for one that it cannot take. */
  readonly socketsMax: number
  /** Counts a connection of that peer; RATE_LIMITED if it makes too many. */
  readonly limit: (remoteAddress: string) => Refusal | undefined
  readonly onFull: () => void
}

/** Descriptors become free when somebody leaves. */
const FULL_RETRY_MS = 5_000

/** Counts the connections of an app from when they were accepted, and answers and closes those that are too many. */
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
