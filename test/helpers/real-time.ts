/**
 * Lets real time pass. A test may use this in three cases only: a load has a pace; a real process or browser has to sleep, or be
 * without an answer, for a while; something must not happen, and there is no later event to wait for. If it takes longer, the
 * test must not fail.
 */
export function realTime(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
