/** uSockets checks timeouts at this interval, and rounds them up to it. */
const TICK_S = 4

/**
 * How often uWebSockets.js pings a client that sends nothing, in milliseconds. It reserves 4, 8 or 16 s of the idle timeout for
 * the pong (`calculateIdleTimeoutCompnents` in its WebSocketContextData.h).
 */
export function pingIntervalMs(idleTimeoutS: number): number {
  let pongS = 4
  while (idleTimeoutS - pongS * 2 >= pongS * 2 && pongS < 16) pongS *= 2
  return Math.ceil((idleTimeoutS - pongS) / TICK_S) * TICK_S * 1000
}
