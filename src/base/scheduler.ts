/** Timers as an argument. */
export interface Scheduler {
  /** Runs the action once, in so many milliseconds or a little later. Returns what cancels it. */
  readonly after: (ms: number, action: () => void) => () => void
}

export const systemScheduler: Scheduler = {
  after: (ms, action) => {
    const timer = setTimeout(action, ms)
    return () => clearTimeout(timer)
  },
}
