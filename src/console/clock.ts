/** Monotonic time in milliseconds, from an arbitrary start. */
export function monotonicMs() {
  return performance.now()
}

/** Unix time in milliseconds: only to be shown. */
export function wallMs() {
  return Date.now()
}
