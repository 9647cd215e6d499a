import { isForbiddenKey, isWellFormed } from '../limits.ts'
import { fastValuesOf, makeFast } from './fast-maps.ts'
import { rethrowUnder, TypeFault } from './fault.ts'
import {
  copyPart,
  expectArray,
  expectCount,
  expectOpen,
  expectPlain,
  freezePart,
  isMinusZero,
  isPlain,
  isSamePart,
  thawPart,
  type ContainerPart,
  type Part,
  type Plain,
} from './part.ts'
import { Keys, MapTree, sameKeys, type Tree } from './tree.ts'

/** Objects with any keys: `map`, `record`, and the objects of `json`. */
export class MapPart implements ContainerPart {
  readonly isLeaf = false
  readonly #of: Part
  readonly #max: number

  constructor(of: Part, max: number) {
    this.#of = of
    this.#max = max
  }

  make(value: unknown, isLive: boolean, depth: number): Tree {
    const live = expectPlain(value)
    const keys = this.#keysOf(live)
    expectOpen(live)
    for (const key of keys) expectKey(key)
    const values = keys.map((key) =>
      isLive ? freezePart(this.#of, undefined, live, key, depth + 1) : copyPart(this.#of, live[key], key, depth + 1),
    )
    return new MapTree(new Keys(keys), values)
  }

  update(before: Tree, value: unknown, depth: number): Tree {
    const was = before as MapTree
    const live = expectPlain(value)
    const { list } = was.keys
    const { values } = was
    const part = this.#of
    if (!part.isLeaf && part.mayBeLeaf !== true) {
      const entries = fastValuesOf(live, list)
      if (entries !== undefined) return updateEntries(part, was, entries, depth + 1)
    }
    const keys = this.#keysOf(live)
    let next: Tree[] | undefined
    let i = 0
    let key = ''
    try {
      for (; i < keys.length; i++) {
        key = keys[i] ?? ''
        const tree = values[i]
        if (key !== list[i] || tree === undefined) break
        const entry = live[key]
        if (entry === tree && !isMinusZero(entry)) continue
        const now = part.isLeaf ? part.snap(entry) : part.update(tree, entry, depth + 1)
        if ((typeof now !== 'object' && now !== entry) || isMinusZero(entry)) live[key] = now
        if (now === tree) continue
        next ??= values.slice()
        next[i] = now
      }
    } catch (error) {
      rethrowUnder(key, error)
    }
    if (i < keys.length || i < list.length) return this.#withKeys(was, next?.slice(0, i), i, { live, keys, depth })
    return next === undefined ? was : new MapTree(was.keys, next)
  }

  thaw(tree: Tree): unknown {
    const { keys, values } = tree as MapTree
    const live: Plain = {}
    keys.list.forEach((key, i) => {
      const value = values[i]
      if (value !== undefined) live[key] = thawPart(this.#of, value)
    })
    makeFast(live, values.length)
    return live
  }

  isSame(tree: Tree, value: unknown): boolean {
    if (!(tree instanceof MapTree) || !isPlain(value)) return false
    const { keys, values } = tree
    const own = Reflect.ownKeys(value)
    if (own.length !== keys.list.length) return false
    return keys.list.every((key, i) => {
      const entry = values[i]
      return own[i] === key && entry !== undefined && isSamePart(this.#of, entry, value[key])
    })
  }

  /**
   * The tree of a map whose keys or their order have changed. The first `done` keys are the same as before, and `head` has their
   * values.
   */
  #withKeys(was: MapTree, head: Tree[] | undefined, done: number, { live, keys, depth }: LiveMap): Tree {
    const next = new Keys(keys)
    const values: Tree[] = head ?? was.values.slice(0, done)
    const same = sameKeys(was.keys, next)
    for (let j = done; j < keys.length; j++) {
      const key = keys[j] ?? ''
      const index = same[j] ?? -1
      if (index < 0) expectKey(key)
      values.push(freezePart(this.#of, index < 0 ? undefined : was.values[index], live, key, depth + 1))
    }
    return new MapTree(next, values)
  }

  #keysOf(live: Plain): readonly string[] {
    const keys = Object.keys(live)
    expectCount(keys.length, this.#max, 'entries')
    return keys
  }
}

/** The tree of a map of containers whose keys are the same as before. */
function updateEntries(part: ContainerPart, was: MapTree, entries: readonly unknown[], depth: number): Tree {
  const { keys, values } = was
  const { quick } = part
  let next: Tree[] | undefined
  let i = 0
  try {
    for (; i < values.length; i++) {
      const tree = values[i]
      if (tree === undefined) break
      const now = quick?.(tree, entries[i], depth) ?? part.update(tree, entries[i], depth)
      if (now === tree) continue
      next ??= values.slice()
      next[i] = now
    }
  } catch (error) {
    rethrowUnder(keys.list[i] ?? '', error)
  }
  return next === undefined ? was : new MapTree(keys, next)
}

interface LiveMap {
  readonly live: Plain
  readonly keys: readonly string[]
  readonly depth: number
}

function expectKey(key: string): void {
  if (isForbiddenKey(key)) throw new TypeFault('is a forbidden key').under(key)
  if (!isWellFormed(key)) throw new TypeFault('is a key that holds half of a surrogate pair').under(key)
}

export class ArrayPart implements ContainerPart {
  readonly isLeaf = false
  readonly #of: Part
  readonly #max: number

  constructor(of: Part, max: number) {
    this.#of = of
    this.#max = max
  }

  make(value: unknown, isLive: boolean, depth: number): Tree {
    const live = expectArray(value, this.#max)
    expectOpen(live, 1)
    const keys = Object.keys(live)
    // A hole has no key. Keys that are not indexes come last.
    const other = keys.length > live.length ? keys.at(-1) : undefined
    if (other !== undefined) throw new TypeFault('is not an element').under(other)
    return Array.from(live, (element, i) =>
      isLive ? freezePart(this.#of, undefined, live, i, depth + 1) : copyPart(this.#of, element, i, depth + 1),
    )
  }

  update(before: Tree, value: unknown, depth: number): Tree {
    const was = before as readonly Tree[]
    const live = expectArray(value, this.#max)
    let next: Tree[] | undefined = was.length === live.length ? undefined : was.slice(0, live.length)
    for (let i = 0; i < live.length; i++) {
      const tree = was[i]
      if (tree !== undefined && live[i] === tree && !isMinusZero(live[i])) continue
      const now = freezePart(this.#of, tree, live, i, depth + 1)
      if (now === tree) continue
      next ??= was.slice()
      next[i] = now
    }
    return next ?? before
  }

  thaw(tree: Tree): unknown {
    return (tree as readonly Tree[]).map((element) => thawPart(this.#of, element))
  }

  isSame(tree: Tree, value: unknown): boolean {
    if (!Array.isArray(value) || Object.getPrototypeOf(value) !== Array.prototype) return false
    const trees = tree as readonly Tree[]
    if (trees.length !== value.length || Reflect.ownKeys(value).length !== trees.length + 1) return false
    return trees.every((element, i) => isSamePart(this.#of, element, value[i]))
  }
}
