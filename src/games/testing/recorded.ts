import type { Game, GameTypes } from '../define.ts'
import type { TickResult } from '../entries.ts'
import { playRecording } from '../recording/play.ts'
import { RecordingError } from '../recording/format.ts'
import type { Recording } from '../recording/read.ts'
import { ReplayError } from './replay.ts'
import { SimulatedRoom, type PendingTask } from './simulated-room.ts'
import { NO_HEAD, Simulation } from './simulation.ts'

export interface RecordedOptions {
  /** The last tick that is played. By default all are. */
  readonly toTick?: number
}

/** See `simulate`. @throws ReplayError if it is compared, and differs */
export function simulateRecorded<Types extends GameTypes>(
  game: Game<Types>,
  recording: Recording,
  { toTick, isCompared = false }: RecordedOptions & { readonly isCompared?: boolean } = {},
): Simulation<Types> {
  const results: TickResult[] = []
  const tasks = new Map<number, PendingTask>()
  const { run, difference } = playRecording(game, recording, {
    isCompared,
    ...(toTick === undefined ? {} : { toTick }),
    onTick: ({ record, result }) => {
      for (const entry of record()?.entries ?? [])
        if (entry.kind === 'result' || entry.kind === 'failedTask') tasks.delete(entry.run)
      for (const effect of result.effects) if (effect.kind === 'task') tasks.set(effect.run, effect)
      const { effects, events, failures } = result
      if (effects.length + events.length + failures.length > 0) results.push(result)
    },
  })
  if (difference) throw new ReplayError(difference.tick, `differs: ${difference.what}`)
  if (!run) throw new RecordingError('the recording ends before its room begins')
  return new Simulation<Types>(SimulatedRoom.of(run, [...tasks.values()]), NO_HEAD, results)
}
