import { DEPTH_MAX, ENTRIES_MAX, isWellFormed } from '../limits.ts'
import { shown, TypeFault } from './fault.ts'
import { ArrayPart, MapPart } from './list-parts.ts'
import { isMinusZero, isPlain, type ContainerPart } from './part.ts'
import { MapTree, type Tree } from './tree.ts'

/** Any JSON value without null. At the root of a state it has to be an object. */
export class JsonPart implements ContainerPart {
  readonly isLeaf = false
  readonly mayBeLeaf = true
  readonly #isRoot: boolean
  readonly #maps: MapPart
  readonly #arrays: ArrayPart

  constructor(place?: 'root') {
    this.#isRoot = place === 'root'
    const inside = this.#isRoot ? new JsonPart() : this
    this.#maps = new MapPart(inside, ENTRIES_MAX)
    this.#arrays = new ArrayPart(inside, ENTRIES_MAX)
  }

  make(value: unknown, isLive: boolean, depth: number): Tree {
    if (typeof value !== 'object') return this.#leaf(value)
    return this.#listsOf(value, depth).make(value, isLive, depth)
  }

  update(before: Tree, value: unknown, depth: number): Tree {
    if (typeof value !== 'object') return this.#leaf(value)
    const lists = this.#listsOf(value, depth)
    return lists === this.#listsOfTree(before) ? lists.update(before, value, depth) : lists.make(value, true, depth)
  }

  thaw(tree: Tree): unknown {
    return typeof tree === 'object' ? this.#listsOfTree(tree)?.thaw(tree) : tree
  }

  isSame(tree: Tree, value: unknown): boolean {
    const lists = this.#listsOfTree(tree)
    return lists === undefined ? tree === value && !isMinusZero(value) : lists.isSame(tree, value)
  }

  #leaf(value: unknown): Tree {
    if (this.#isRoot) return this.#refuse(value)
    if (typeof value === 'number' && Number.isFinite(value)) return value + 0
    if (typeof value === 'boolean') return value
    if (typeof value !== 'string') return this.#refuse(value)
    if (isWellFormed(value)) return value
    throw new TypeFault('holds half of a surrogate pair')
  }

  #listsOf(value: unknown, depth: number): MapPart | ArrayPart {
    if (depth > DEPTH_MAX) throw new TypeFault(`is nested more than ${DEPTH_MAX} deep (is it a cycle?)`)
    if (Array.isArray(value) && !this.#isRoot) return this.#arrays
    return isPlain(value) ? this.#maps : this.#refuse(value)
  }

  #refuse(value: unknown): never {
    throw new TypeFault(
      `must be ${this.#isRoot ? 'an object' : 'a JSON value other than null'}, but is ${shown(value)}`,
    )
  }

  #listsOfTree(tree: Tree): MapPart | ArrayPart | undefined {
    if (tree instanceof MapTree) return this.#maps
    return typeof tree === 'object' ? this.#arrays : undefined
  }
}
