import type { PastFailure } from '../link/methods/games.ts'
import type { GameFailure } from '../link/methods/host.ts'

/** Of one game: the newest. */
const KEPT = 20

/** What failed in games lately, for their authors: the log has all of it. */
export class GameFailures {
  readonly #byGame = new Map<string, readonly PastFailure[]>()

  /** @param roomId that it failed in */
  add({ game, handle: _handle, ...failure }: GameFailure, roomId: string, atMs: number): void {
    this.#byGame.set(game, [{ ...failure, roomId, atMs }, ...this.of(game)].slice(0, KEPT))
  }

  /** The newest first. */
  of(game: string): readonly PastFailure[] {
    return this.#byGame.get(game) ?? []
  }
}
