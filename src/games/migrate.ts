import type { Checkpoint } from './checkpoint.ts'
import type { Game } from './define.ts'
import { inRealm } from './realm.ts'
import { GameRun } from './run.ts'
import type { Timer } from './timers.ts'
import type { Json } from './types.ts'

/**
 * The room of a checkpoint, as it goes on with this game: the checkpoint may be of an older version, or of another tick rate.
 * @param nowMs Unix time in milliseconds: counts if the game had no tick rate, and has one now. By default when the checkpoint was taken.
 * @throws Error that says to the author of the game why it cannot go on
 */
export function resume(game: Game, checkpoint: Checkpoint, nowMs: number = checkpoint.nowMs): GameRun {
  const taken = retimed(game, migrated(game, checkpoint), nowMs)
  try {
    return GameRun.restore(game, taken)
  } catch (error) {
    throw new Error(misfit(game, checkpoint, error), { cause: error })
  }
}

/** The steps of `migrate` from the version that the checkpoint was taken of. */
function migrated(game: Game, checkpoint: Checkpoint): Checkpoint {
  const { version } = checkpoint
  if (version === game.version) return checkpoint
  const versions = `the room is of version ${version}, and the game is version ${game.version}`
  if (version > game.version) throw new Error(`${versions}: a version never goes back`)
  let state = JSON.parse(checkpoint.state) as unknown
  for (let from = version; from < game.version; from++) {
    const step = game.rules.migrate[from]
    if (!step) throw new Error(`${versions}: migrate has no step from ${from}. Add migrate: { ${from}: (old) => … }`)
    state = stepped(`migrate.${from}`, step, state as Json)
  }
  return { ...checkpoint, version: game.version, state: JSON.stringify(state) }
}

function stepped(name: string, step: (old: Json) => unknown, state: Json): unknown {
  try {
    return inRealm(name, () => step(state))
  } catch (error) {
    throw new Error(`${name} threw ${String(error)}`, { cause: error })
  }
}

function misfit({ version }: Game, { version: was }: Checkpoint, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error)
  if (was !== version) return `what migrate made of the room's state does not fit version ${version}: ${reason}`
  return (
    `the state of the room does not fit the game any more: ${reason}. Both are version ${version}: raise it to ${version + 1}, ` +
    `and say what a state becomes: migrate: { ${version}: (old) => … }`
  )
}

/** The next tick is due when it would have been, and timers run when they would have, if the tick rate is another one. */
function retimed({ hz }: Game, checkpoint: Checkpoint, nowMs: number): Checkpoint {
  const { hz: was, tick } = checkpoint
  if (was === hz) return checkpoint
  const atMs = was === 0 ? Math.max(nowMs, checkpoint.nowMs) : checkpoint.nowMs
  const leftMs = ({ due }: Timer) => (was === 0 ? due - atMs : ((due - tick) * 1000) / was)
  const dueIn = (ms: number) => (hz === 0 ? atMs + Math.ceil(ms) : tick + Math.max(1, Math.ceil((ms * hz) / 1000)))
  return {
    ...checkpoint,
    hz,
    nowMs: atMs,
    startMs: hz === 0 ? checkpoint.startMs : Math.round(atMs - (tick * 1000) / hz),
    timers: checkpoint.timers.map((timer) => ({ ...timer, due: dueIn(leftMs(timer)) })),
  }
}
