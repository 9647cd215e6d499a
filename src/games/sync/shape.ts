import { ENTRIES_MAX } from '../limits.ts'
import type { GameType, TypeDescription } from '../types.ts'
import { JsonPart } from './json-part.ts'
import { leafOf } from './leaves.ts'
import { ArrayPart, MapPart } from './list-parts.ts'
import { ObjectPart } from './object-part.ts'
import { isSamePart, thawPart, type Part } from './part.ts'
import type { Tree } from './tree.ts'

export { TypeFault } from './fault.ts'
export type { Tree } from './tree.ts'

/** What a type's values are changed in, and kept as. */
export interface Shape<T> {
  readonly type: GameType<T>
  /**
   * Checks the live value, snaps its numbers in place, and returns its tree. What did not change is the same node as in `before`; the whole tree
   * is `before` itself if nothing did. An optional field that is undefined is deleted from the live value. After a fault the live value
   * may be snapped in part: `thaw` a new one.
   *
   * A value that has no predecessor is searched for accessors and keys that are symbols; they are not looked for where
   * a value had one.
   *
   * @throws TypeFault
   */
  freeze(before: Tree | undefined, live: T): Tree
  /** Returns a fresh live value: the fields of objects in the declared order, the keys of maps in the order that the live one had. */
  thaw(tree: Tree): T
  /** Whether `thaw` would return what `live` is, in the same order of map keys. */
  isSame(tree: Tree, live: unknown): boolean
}

/** Returns the shape of a type. `t.json()` as the type itself, as here of a state, takes objects only. */
export function shapeOf<T>(type: GameType<T>): Shape<T> {
  const part = type.kind === 'json' ? new JsonPart('root') : partOf(type)
  return {
    type,
    freeze: (before, live) => {
      if (part.isLeaf) return part.snap(live)
      return before === undefined ? part.make(live, true, 0) : part.update(before, live, 0)
    },
    thaw: (tree) => thawPart(part, tree) as T,
    isSame: (tree, live) => isSamePart(part, tree, live),
  }
}

const PARTS = new WeakMap<TypeDescription, Part>()

/**
 * Returns a copy of a value from outside, snapped to its type. The value stays as it is.
 *
 * @throws TypeFault with the path
 */
export function checkValue<T>(type: GameType<T>, value: unknown): T {
  let part = PARTS.get(type)
  if (part === undefined) PARTS.set(type, (part = partOf(type)))
  return thawPart(part, part.isLeaf ? part.snap(value) : part.make(value, false, 0)) as T
}

function partOf(type: TypeDescription): Part {
  const { kind } = type
  if (kind === 'object') return objectPart(type.fields)
  if (kind === 'map' || kind === 'record') return new MapPart(partOf(type.of), type.max ?? ENTRIES_MAX)
  if (kind === 'array') return new ArrayPart(partOf(type.of), type.max ?? ENTRIES_MAX)
  if (kind === 'json') return new JsonPart()
  if (kind === 'optional') throw new TypeError('optional: only a field of an object can be optional')
  return leafOf(type)
}

function objectPart(fields: Readonly<Record<string, TypeDescription>>): ObjectPart {
  return new ObjectPart(
    Object.entries(fields).map(([name, field]) =>
      field.kind === 'optional'
        ? { name, part: partOf(field.of), isOptional: true }
        : { name, part: partOf(field), isOptional: false },
    ),
  )
}
