import { rethrowUnder, shown, TypeFault } from './fault.ts'
import type { Tree } from './tree.ts'

/** Handles the values of one type for a shape. A leaf is a single value; a container holds other values. */
export type Part = LeafPart | ContainerPart

export interface LeafPart {
  readonly isLeaf: true
  /** Returns the value snapped to its type. @throws TypeFault */
  snap(value: unknown): Tree
}

export interface ContainerPart {
  readonly isLeaf: false
  /** If it is given, it is tried before `update`. */
  readonly quick?: QuickUpdate | undefined
  /** Whether a value may also be a single value, as in JSON. */
  readonly mayBeLeaf?: boolean
  /**
   * Returns the tree of a value that has no earlier version. Snaps numbers in place if `isLive`. Also looks for accessors and
   * symbols.
   * @throws TypeFault
   */
  make(value: unknown, isLive: boolean, depth: number): Tree
  /**
   * Returns the tree of a live value. Parts that did not change are the same nodes as in `before`. Snaps numbers in place.
   * @throws TypeFault
   */
  update(before: Tree, value: unknown, depth: number): Tree
  thaw(tree: Tree): unknown
  isSame(tree: Tree, value: unknown): boolean
}

/**
 * Does what `update` does for values of the usual form. Returns undefined for all others, even wrong ones; then `update` decides.
 */
export type QuickUpdate = (before: Tree, value: unknown, depth: number) => Tree | undefined

export type Plain = Record<string, unknown>

export function isPlain(value: unknown): value is Plain {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

export function expectPlain(value: unknown): Plain {
  if (isPlain(value)) return value
  throw new TypeFault(`must be a plain object, but is ${shown(value)}`)
}

export function expectArray(value: unknown, max: number): unknown[] {
  if (!Array.isArray(value) || Object.getPrototypeOf(value) !== Array.prototype) {
    throw new TypeFault(`must be an array, but is ${shown(value)}`)
  }
  expectCount(value.length, max, 'elements')
  return value
}

export function expectCount(count: number, max: number, of: 'elements' | 'entries'): void {
  if (count > max) throw new TypeFault(`has ${count} ${of}, over ${max}`)
}

/**
 * Refuses accessors, symbols as keys, and properties that are not enumerable. This takes longer than all the rest, so it is done
 * only for values without an earlier version.
 * @param hidden how many own keys may be hidden: an array's length is
 */
export function expectOpen(value: object, hidden = 0): void {
  const keys = Reflect.ownKeys(value)
  for (const key of keys) {
    if (typeof key === 'symbol') throw new TypeFault('has a key that is a symbol')
    if (Object.getOwnPropertyDescriptor(value, key)?.get !== undefined) throw new TypeFault('is an accessor').under(key)
  }
  if (keys.length > Object.keys(value).length + hidden) throw new TypeFault('has a key that is not enumerable')
}

/** Whether the value is -0, which equals 0 but is not what clients would get. */
export const isMinusZero = (value: unknown): boolean => value === 0 && Object.is(value, -0)

/** The tree of the value under `key`, which is snapped in place. `before` is undefined if there was no value. */
export function freezePart(
  part: Part,
  before: Tree | undefined,
  holder: Plain | unknown[],
  key: string | number,
  depth: number,
): Tree {
  const value = (holder as Plain)[key]
  try {
    const now = part.isLeaf
      ? part.snap(value)
      : before === undefined
        ? part.make(value, true, depth)
        : part.update(before, value, depth)
    if (typeof now !== 'object' && !Object.is(now, value)) (holder as Plain)[key] = now
    return now
  } catch (error) {
    rethrowUnder(key, error)
  }
}

/** Like `freezePart`, but leaves the value as it is. */
export function copyPart(part: Part, value: unknown, key: string | number, depth: number): Tree {
  try {
    return part.isLeaf ? part.snap(value) : part.make(value, false, depth)
  } catch (error) {
    rethrowUnder(key, error)
  }
}

export function thawPart(part: Part, tree: Tree): unknown {
  return part.isLeaf ? tree : part.thaw(tree)
}

export function isSamePart(part: Part, tree: Tree, value: unknown): boolean {
  return part.isLeaf ? tree === value && !isMinusZero(value) : part.isSame(tree, value)
}
