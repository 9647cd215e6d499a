/** What came of it, by names. */
export type Figures = Readonly<Record<string, number>>

export interface JobResult {
  readonly figures: Figures
  /** What makes them less than they seem: connections that the server closed, events out of order. */
  readonly doubts: readonly string[]
}

/** `measuring` and `draining` are the ends of the window over which the servers' CPU time counts. */
export type OnPhase = (phase: string) => void
