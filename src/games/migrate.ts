import type { Checkpoint } from './checkpoint.ts'
import type { Game } from './define.ts'
import { inRealm } from './realm.ts'
import type { Json } from './types.ts'

/**
 * A checkpoint as this version of the game has it: the steps of `migrate` from the version it was taken of. Throws what these throw, and Error if
 * there is no way.
 */
export function migrated<C extends Checkpoint>(game: Game, checkpoint: C): C {
  const { version } = checkpoint
  if (version === game.version) return checkpoint
  if (version > game.version) throw new Error(`it is of version ${version}, which is newer than ${game.version}`)
  let state = JSON.parse(checkpoint.state) as unknown
  for (let from = version; from < game.version; from++) {
    const step = game.rules.migrate[from]
    if (!step) throw new Error(`there is no way from version ${from} (migrate)`)
    const before = state as Json
    state = inRealm(`migrate.${from}`, () => step(before))
  }
  return { ...checkpoint, version: game.version, state: JSON.stringify(state) }
}
