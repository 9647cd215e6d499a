import type { Seat } from '../games/definition.ts'
import type { GameRun } from '../games/run.ts'
import { sharedShapeOf } from '../games/shared-shapes.ts'
import { frozenOf } from '../games/sync/frozen.ts'
import type { Tree } from '../games/sync/shape.ts'
import { lookAt, viewKeyOf } from '../games/views.ts'
import type { RoomViews } from './room-views.ts'

interface Seen {
  /** The tick in which the state was last looked at. */
  tick: number
  readonly tree: Tree
  /** A copy for bots. It has no reference to the state, so no bot can change the state. */
  readonly value: unknown
}

/** What the bots of a room see. Bots with the same view get the same value. It is made again only if the view has changed. */
export class BotViews {
  readonly #run: GameRun
  readonly #views: RoomViews
  readonly #byKey = new Map<string, Seen>()
  #seats: readonly Seat[] = []
  readonly #keys = new WeakMap<Seat, string>()

  /** @param views the views of the room's connections; a view that exists there is not computed again for a bot */
  constructor(run: GameRun, views: RoomViews) {
    this.#run = run
    this.#views = views
  }

  /** Returns what the bot of the seat sees. Throws what the game throws. */
  of(seat: Seat): unknown {
    const { tick, game, seats } = this.#run
    // Views that no bot has any more are forgotten.
    if (seats !== this.#seats) this.#byKey.clear()
    this.#seats = seats
    const key = this.#keyOf(seat)
    const before = this.#byKey.get(key)
    if (before?.tick === tick) return before.value
    const tree = this.#views.current(key) ?? lookAt(this.#run, key, before?.tree)
    if (before?.tree === tree) before.tick = tick
    else this.#byKey.set(key, { tick, tree, value: frozenOf(sharedShapeOf(game.viewType), tree) })
    return this.#byKey.get(key)?.value
  }

  /** Computes the key only once, because a seat that changes becomes another object. */
  #keyOf(seat: Seat): string {
    let key = this.#keys.get(seat)
    if (key === undefined) this.#keys.set(seat, (key = viewKeyOf(this.#run.game, this.#run, seat)))
    return key
  }
}
