/** Monotonic time in milliseconds, from an arbitrary start: the console's one clock. */
export function monotonicMs() {
  return performance.now()
}
