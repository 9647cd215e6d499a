import { inRealm } from './realm.ts'
import { sharedShapeOf } from './shared-shapes.ts'
import type { Shape, Tree } from './sync/shape.ts'
import { growthOf, sizeOf } from './sync/size.ts'
import type { GameType } from './types.ts'

export interface SavedState {
  readonly tree: Tree
  readonly bytes: number
}

/**
 * The state of a room, twice: the live one is the game's to change while a callback runs, and the tree is what it was at the end of the last
 * one that went well. All that leaves is made from the tree, so nobody outside holds a reference to what the game changes.
 */
export class LiveState {
  readonly shape: Shape<unknown>
  /** A callback that makes the state larger fails: see `sizeOf`. null: there is no limit. */
  readonly bytesMax: number | null
  #live: unknown
  #tree: Tree | undefined
  /** See `sizeOf`. */
  #bytes = 0

  /** @param initial plain data, which belongs to the room from now on; undefined: `create` is to make it. Throws TypeFault. */
  constructor(type: GameType<unknown>, bytesMax: number | null, initial?: unknown) {
    this.shape = sharedShapeOf(type)
    this.bytesMax = bytesMax
    if (initial === undefined) return
    this.#tree = this.shape.freeze(undefined, initial)
    this.#bytes = sizeOf(this.#tree)
    this.renew()
  }

  /** Throws before the first state is there. */
  get tree(): Tree {
    if (this.#tree === undefined) throw new Error('the room has no state yet')
    return this.#tree
  }

  /**
   * Runs a callback that may change the state in place, or give the one that takes its place. All of it or nothing: whatever it throws is thrown
   * on, and the state is as before.
   */
  change(callback: string, run: (live: unknown) => unknown): void {
    try {
      const given = inRealm(callback, () => run(this.#live))
      if (given !== undefined) this.#live = requireObject(callback, given)
      this.#take(this.shape.freeze(this.#tree, this.#live))
    } catch (thrown) {
      this.#restore()
      throw thrown
    }
  }

  /** Runs a function that only reads. One that changes the state throws, and the state is as before. */
  read<Result>(callback: string, run: (live: unknown) => Result): Result {
    try {
      const result = inRealm(callback, () => run(this.#live))
      if (!this.shape.isSame(this.tree, this.#live)) throw new TypeError(`${callback} has changed the state`)
      return result
    } catch (thrown) {
      this.#restore()
      throw thrown
    }
  }

  /** For `restore`. */
  save(): SavedState {
    return { tree: this.tree, bytes: this.#bytes }
  }

  /** The state is what it was when it was saved. */
  restore({ tree, bytes }: SavedState): void {
    this.#tree = tree
    this.#bytes = bytes
    this.#restore()
  }

  /** Makes the live state anew, so that no reference to the old one works any more. */
  renew(): void {
    this.#live = this.shape.thaw(this.tree)
  }

  #take(tree: Tree): void {
    if (tree === this.#tree) return
    const growth = this.#tree === undefined ? sizeOf(tree) : growthOf(this.#tree, tree)
    const bytes = this.#bytes + growth
    // A state that is too large already, as of an older configuration, may shrink.
    if (this.bytesMax !== null && bytes > this.bytesMax && growth > 0) throw new StateTooLarge(bytes, this.bytesMax)
    this.#tree = tree
    this.#bytes = bytes
  }

  #restore(): void {
    // Before `create` has returned there is nothing to go back to.
    if (this.#tree !== undefined && !this.shape.isSame(this.#tree, this.#live)) this.renew()
  }
}

/** A callback has made the state larger than it may be. */
export class StateTooLarge extends Error {
  override readonly name = 'StateTooLarge'

  constructor(bytes: number, bytesMax: number) {
    super(`the state would have about ${bytes} bytes, over ${bytesMax} (GAME_STATE_BYTES)`)
  }
}

function requireObject(callback: string, given: unknown): object {
  if (typeof given !== 'object' || given === null) {
    throw new TypeError(
      `${callback} gave a ${typeof given}: it gives nothing, or the state that takes the place of the old one`,
    )
  }
  if (typeof Reflect.get(given, 'then') === 'function') {
    throw new TypeError(`${callback} gave a promise: a callback is synchronous; what takes time is a task`)
  }
  return given
}
