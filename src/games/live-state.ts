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
 * The state of a room, kept twice. The game may change the live one while a callback runs. The tree is the state after the last
 * callback that succeeded. All that leaves the room is made from the tree, so nobody outside has a reference to what the game
 * changes.
 */
export class LiveState {
  readonly shape: Shape<unknown>
  /** If the state is larger, see `sizeOf`, a callback that makes it grow fails. Null means no limit. */
  readonly bytesMax: number | null
  #live: unknown
  #tree: Tree | undefined
  /** See `sizeOf`. */
  #bytes = 0

  /**
   * @param initial plain data that belongs to the room from now on. If it is undefined, `create` has to make it. Throws TypeFault
   */
  constructor(type: GameType<unknown>, bytesMax: number | null, initial?: unknown) {
    this.shape = sharedShapeOf(type)
    this.bytesMax = bytesMax
    if (initial === undefined) return
    this.#tree = this.shape.freeze(undefined, initial)
    this.#bytes = sizeOf(this.#tree)
    this.renew()
  }

  /** Throws if there is no state yet. */
  get tree(): Tree {
    if (this.#tree === undefined) throw new Error('the room has no state yet')
    return this.#tree
  }

  /**
   * Runs a callback that may change the state in place, or return a state that replaces it. If the callback or the check of its
   * state throws, this throws the same, and the state is as before.
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

  /** Runs a function that only reads. If it changes the state, this throws, and the state is as before. */
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

  restore({ tree, bytes }: SavedState): void {
    this.#tree = tree
    this.#bytes = bytes
    this.#restore()
  }

  /** Makes a new live state, so that references to the old one have no effect any more. */
  renew(): void {
    this.#live = this.shape.thaw(this.tree)
  }

  #take(tree: Tree): void {
    if (tree === this.#tree) return
    const growth = this.#tree === undefined ? sizeOf(tree) : growthOf(this.#tree, tree)
    const bytes = this.#bytes + growth
    // If the state is too large already, because the limit was lowered, it may still shrink.
    if (this.bytesMax !== null && bytes > this.bytesMax && growth > 0) throw new StateTooLarge(bytes, this.bytesMax)
    this.#tree = tree
    this.#bytes = bytes
  }

  #restore(): void {
    // Before `create` has returned there is no state to go back to.
    if (this.#tree !== undefined && !this.shape.isSame(this.#tree, this.#live)) this.renew()
  }
}

/** A callback has made the state larger than allowed. */
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
