import type { TickResult } from './entries.ts'
import type { GameRun } from './run.ts'

/** The complete state of a room after a tick, and what the tick has said, as JSON. */
export function roomText(run: GameRun, { effects, events, ending }: TickResult): string {
  const { state, ...room } = run.checkpoint()
  return `{"state":${state},"room":${JSON.stringify(room)},"said":${JSON.stringify({ effects, events, ending })}}`
}
