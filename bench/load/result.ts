/** Figures by name. */
export type Figures = Readonly<Record<string, number>>

export interface JobResult {
  readonly figures: Figures
  /** What makes the figures doubtful: connections that the server closed, events out of order. */
  readonly doubts: readonly string[]
}

/** `measuring` and `draining` begin and end the window in which the servers' CPU time counts. */
export type OnPhase = (phase: string) => void
