import type { Seat } from './definition.ts'
import type { Game } from './define.ts'
import type { GameRun } from './run.ts'
import { hashOf } from './sync/tree-hash.ts'
import { sharedShapeOf } from './shared-shapes.ts'
import { checkValue, type Shape, type Tree } from './sync/shape.ts'

const KEY_MAX = 64

/**
 * The key of what a seat sees, or of what a spectator sees if `seat` is undefined. If the game has no view, everybody sees the
 * state.
 */
export function viewKeyOf(game: Game, run: GameRun, seat: Seat | undefined): string {
  const { view } = game.rules
  if (!view) return ''
  const key: unknown = run.read('view.key', () => view.key(seat))
  if (typeof key !== 'string' || key.length > KEY_MAX)
    throw new TypeError(`view.key gave ${String(key)}: it must be a string of at most ${KEY_MAX} characters`)
  return key
}

/** What was seen at a tick, kept under the tick in which it was sent. */
interface Version {
  readonly tick: number
  readonly tree: Tree
}

/**
 * What everybody with one key sees of a room. It keeps the versions of the last seconds, which share what has not changed. A
 * patch can be made from each of them to the newest.
 */
export class View {
  readonly key: string
  /** Identifies this view in its room, on the node's own links. */
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

  /** The tick of the newest version. A patch starts from it for receivers who have everything. */
  get tick(): number {
    return this.#newest.tick
  }

  get tree(): Tree {
    return this.#newest.tree
  }

  /** Whether the view was looked at in the room's current tick. */
  get isCurrent(): boolean {
    return this.#lookedTick === this.#run.tick
  }

  get hash(): number {
    return hashOf(this.shape, this.tree)
  }

  /**
   * Looks at the room as it is now. If the game throws, this throws the same, and the view stays as it was.
   * @param hasNews something else has to be sent, so this tick becomes a version in any case
   * @returns the tick of the version before, or undefined if there is no new version
   */
  advance(hasNews: boolean): number | undefined {
    const { tick, tree } = this.#newest
    // A receiver that came in this very tick has this version, or gets it whole.
    if (tick === this.#run.tick) return undefined
    const seen = lookAt(this.#run, this.key, tree)
    this.#lookedTick = this.#run.tick
    if (seen === tree && !hasNews && !this.isHashDue) return undefined
    this.#versions.push({ tick: this.#run.tick, tree: seen })
    const oldest = this.#run.tick - this.#ticksKept
    // The version that was the newest at that time stays, however old it is.
    while ((this.#versions[1]?.tick ?? Infinity) <= oldest) this.#versions.shift()
    return tick
  }

  /**
   * Whether receivers should get the hash with this version. That is so at most once a second, and only if they do not have the
   * hash of this state.
   */
  get isHashDue(): boolean {
    const { hz } = this.#run.game
    return this.#hashed !== this.tree && this.#run.tick - this.#hashedTick >= hz
  }

  /** Returns the hash of the newest version, and notes that receivers get it now. */
  takeHash(): number {
    this.#hashed = this.tree
    this.#hashedTick = this.#run.tick
    return this.hash
  }

  /** What was seen at that tick. Undefined if it is no longer kept. */
  at(tick: number): Tree | undefined {
    return this.#versions.findLast((version) => version.tick === tick)?.tree
  }

  get #newest(): Version {
    const newest = this.#versions.at(-1)
    if (!newest) throw new Error('a view has at least one version')
    return newest
  }
}

/**
 * What connections with this key see of a room now. @param before the version before; parts that did not change are shared with
 * it. Throws what the game throws.
 */
export function lookAt(run: GameRun, key: string, before: Tree | undefined): Tree {
  const { state, viewType, rules } = run.game
  const { view } = rules
  if (!view) return run.tree
  return run.read('view.of', (live) => {
    const seen = view.of(live, key)
    // `freeze` snaps numbers in place, and parts of `seen` may belong to the state. So a view of another type is copied first.
    return sharedShapeOf(viewType).freeze(before, viewType === state ? seen : checkValue(viewType, seen))
  })
}
