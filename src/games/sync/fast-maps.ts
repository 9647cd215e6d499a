import type { Plain } from './part.ts'

/** Smaller maps are fast anyway. */
const KEYS_MIN = 16

/** Live maps that were made fast, and whose keys have not changed since. */
const FAST = new WeakSet<Plain>()

/**
 * V8 stores an object that got many keys one by one as a hash table, whose keys are slow to list. It stores prototypes like small
 * objects. So this makes a map a prototype for a moment. In other engines it has no effect.
 */
export function makeFast(live: Plain, keys: number): void {
  if (keys < KEYS_MIN) return
  Object.create(live)
  read(Object.create(live) as Plain)
  FAST.add(live)
}

/** A read through the prototype makes V8 convert the object. */
function read(of: Plain): unknown {
  return of['']
}

/**
 * Returns the values of a map that was made fast and has exactly these keys in this order. Returns undefined for every other map.
 */
export function fastValuesOf(live: Plain, keys: readonly string[]): readonly unknown[] | undefined {
  if (keys.length < KEYS_MIN || !FAST.has(live)) return undefined
  if (hasKeys(live, keys)) return Object.values(live)
  FAST.delete(live)
  return undefined
}

function hasKeys(live: Plain, keys: readonly string[]): boolean {
  let i = 0
  for (const key in live) {
    if (key !== keys[i]) return false
    i++
  }
  return i === keys.length
}
