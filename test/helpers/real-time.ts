/**
 * Lets real time pass. A test may want that in three cases only: a load has a pace; a real process or browser is to sleep, or to be without an answer, for
 * a while; something must not happen, and there is no later event that could be waited for. It must not matter to the test if this takes longer.
 */
export function realTime(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
