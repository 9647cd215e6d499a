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

/** How values of a type are checked, changed and stored. */
export interface Shape<T> {
  readonly type: GameType<T>
  /**
   * Checks the live value, snaps its numbers in place, and returns its tree. Parts that did not change are the same nodes as in
   * `before`; if nothing changed, the result is `before` itself. An optional field that is undefined is deleted from the live
   * value. After a fault the live value may be partly snapped: `thaw` a new one. Only parts without an earlier version are
   * searched for accessors and symbols as keys.
   * @throws TypeFault
   */
  freeze(before: Tree | undefined, live: T): Tree
  /**
   * Returns a new live value. Fields of objects are in the declared order, keys of maps in the order of the former live value.
   */
  thaw(tree: Tree): T
  /** Whether `live` equals what `thaw` would return, with the same order of map keys. */
  isSame(tree: Tree, live: unknown): boolean
}

/** Returns the shape of a type. `t.json()` as the whole type accepts only objects, because it is a state's type here. */
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
 * Returns a copy of a value from outside, snapped to its type. The value itself is not changed.
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
