import type { TickResult } from './entries.ts'
import type { GameRun } from './run.ts'

/** All there is to know of a room behind a tick, and what the tick said, as JSON. */
export function roomText(run: GameRun, { effects, events, ending }: TickResult): string {
  const { state, ...room } = run.checkpoint()
  return `{"state":${state},"room":${JSON.stringify(room)},"said":${JSON.stringify({ effects, events, ending })}}`
}
