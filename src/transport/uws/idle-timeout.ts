/** uSockets looks every 4 s, and a timeout may end as much earlier. */
const BEHIND_S = 16

/**
 * The idle timeout of uWebSockets.js, which ends a socket without a close code. It comes after the sweep has closed a silent client
 * (`SOCKET_READ_TIMEOUT`), and ends what remains then: the socket of a client that did not read the close frame.
 */
export function idleTimeoutS(silenceMs: number): number {
  return Math.ceil(silenceMs / 1000) + BEHIND_S
}
