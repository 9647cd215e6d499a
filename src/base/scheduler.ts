/** Timers are an argument, so that a test can run them on its own clock. */
export interface Scheduler {
  /** Runs the action once, after `ms` or a little later. Returns a function that cancels it. */
  readonly after: (ms: number, action: () => void) => () => void
}

export const systemScheduler: Scheduler = {
  after: (ms, action) => {
    const timer = setTimeout(action, ms)
    return () => clearTimeout(timer)
  },
}
