/** Monotonic time in milliseconds, from an arbitrary start. */
export function monotonicMs() {
  return performance.now()
}

/** Unix time in milliseconds. Use it only to show times. */
export function wallMs() {
  return Date.now()
}
