import type { PastFailure } from '../link/methods/games.ts'
import type { GameFailure } from '../link/methods/host.ts'

/** How many failures are kept per game. */
const KEPT = 20

/** The latest failures of games, for their authors. The log has all of them. */
export class GameFailures {
  readonly #byGame = new Map<string, readonly PastFailure[]>()

  /** @param roomId the room in which it failed */
  add({ game, handle: _handle, ...failure }: GameFailure, roomId: string, atMs: number): void {
    this.#byGame.set(game, [{ ...failure, roomId, atMs }, ...this.of(game)].slice(0, KEPT))
  }

  /** Returns the failures of a game, the newest first. */
  of(game: string): readonly PastFailure[] {
    return this.#byGame.get(game) ?? []
  }
}
