import type { Seat } from './definition.ts'
import type { Game } from './define.ts'
import type { GameRun } from './run.ts'
import { hashOf } from './sync/tree-hash.ts'
import { sharedShapeOf } from './shared-shapes.ts'
import { checkValue, type Shape, type Tree } from './sync/shape.ts'

const KEY_MAX = 64

/** The key of what a seat sees; of a spectator, where there is no seat. Everybody sees the state where a game has no view. */
export function viewKeyOf(game: Game, run: GameRun, seat: Seat | undefined): string {
  const { view } = game.rules
  if (!view) return ''
  const key: unknown = run.read('view.key', () => view.key(seat))
  if (typeof key !== 'string' || key.length > KEY_MAX)
    throw new TypeError(`view.key gave ${String(key)}: a string of at most ${KEY_MAX}`)
  return key
}

/** A version of what is seen, by the tick it was sent in. */
interface Version {
  readonly tick: number
  readonly tree: Tree
}

/**
 * What those with one key see of a room, and have seen: the versions of the last seconds share what has not changed, and from each there is a
 * patch to now.
 */
export class View {
  readonly key: string
  /** Of this view in its room, on the wire inside of the node. */
  readonly number: number
  readonly shape: Shape<unknown>
  readonly #run: GameRun
  readonly #ticksKept: number
  #versions: Version[]
  #hashed: Tree | undefined
  #hashedTick = -1
  #lookedTick: number

  /** Throws what the game throws. */
  constructor(
    run: GameRun,
    key: string,
    { number, ticksKept }: { readonly number: number; readonly ticksKept: number },
  ) {
    this.key = key
    this.number = number
    this.shape = sharedShapeOf(run.game.viewType)
    this.#run = run
    this.#ticksKept = ticksKept
    this.#versions = [{ tick: run.tick, tree: lookAt(run, key, undefined) }]
    this.#lookedTick = run.tick
  }

  /** The tick of the newest version: what a patch has to start from for those who have all. */
  get tick(): number {
    return this.#newest.tick
  }

  get tree(): Tree {
    return this.#newest.tree
  }

  /** Whether it is what is seen in the tick that the room is in. */
  get isCurrent(): boolean {
    return this.#lookedTick === this.#run.tick
  }

  get hash(): number {
    return hashOf(this.shape, this.tree)
  }

  /**
   * Looks at the room as it is now. Throws what the game throws; the view stays as it was.
   * @param hasNews there is something to be sent besides, so this tick is a version in any case
   * @returns the tick of the version before, or undefined if this one is the same
   */
  advance(hasNews: boolean): number | undefined {
    const { tick, tree } = this.#newest
    // Who came to see it in this very tick has all of it, or is given it anew.
    if (tick === this.#run.tick) return undefined
    const seen = lookAt(this.#run, this.key, tree)
    this.#lookedTick = this.#run.tick
    if (seen === tree && !hasNews && !this.isHashDue) return undefined
    this.#versions.push({ tick: this.#run.tick, tree: seen })
    const oldest = this.#run.tick - this.#ticksKept
    // The one that was seen at that time stays, however old it is.
    while ((this.#versions[1]?.tick ?? Infinity) <= oldest) this.#versions.shift()
    return tick
  }

  /** Whether the receivers should be told the hash with this version: each second, if they were not told that of this state. */
  get isHashDue(): boolean {
    const { hz } = this.#run.game
    return this.#hashed !== this.tree && this.#run.tick - this.#hashedTick >= hz
  }

  /** The hash of the newest version, which is told now. */
  takeHash(): number {
    this.#hashed = this.tree
    this.#hashedTick = this.#run.tick
    return this.hash
  }

  /** What was seen at that tick; undefined if it is not known any more. */
  at(tick: number): Tree | undefined {
    return this.#versions.findLast((version) => version.tick === tick)?.tree
  }

  get #newest(): Version {
    const newest = this.#versions.at(-1)
    if (!newest) throw new Error('a view has at least one version')
    return newest
  }
}

/** What is seen of a room now, with a key. @param before what was seen earlier: what has not changed is shared. Throws what the game throws. */
export function lookAt(run: GameRun, key: string, before: Tree | undefined): Tree {
  const { state, viewType, rules } = run.game
  const { view } = rules
  if (!view) return run.tree
  return run.read('view.of', (live) => {
    const seen = view.of(live, key)
    // Numbers are snapped in place, and parts of what is seen may be the state's own: another type snaps a copy.
    return sharedShapeOf(viewType).freeze(before, viewType === state ? seen : checkValue(viewType, seen))
  })
}
