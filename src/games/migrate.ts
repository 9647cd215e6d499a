import type { Checkpoint } from './checkpoint.ts'
import type { Game } from './define.ts'
import { inRealm } from './realm.ts'
import { GameRun } from './run.ts'
import type { Timer } from './timers.ts'
import type { Json } from './types.ts'

/**
 * Lets the room of a checkpoint go on with this game. The checkpoint may have an older version or another tick rate.
 * @param nowMs Unix time in milliseconds, used if the game had no tick rate and has one now. By default the time of the
 * checkpoint
 * @throws Error that tells the game's author why the room cannot go on
 */
export function resume(game: Game, checkpoint: Checkpoint, nowMs: number = checkpoint.nowMs): GameRun {
  const taken = retimed(game, migrated(game, checkpoint), nowMs)
  try {
    return GameRun.restore(game, taken)
  } catch (error) {
    throw new Error(misfit(game, checkpoint, error), { cause: error })
  }
}

/** Applies `migrate` step by step, beginning with the checkpoint's version. */
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

/** If the tick rate has changed, the next tick and all timers still run at the times at which they would have run. */
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
