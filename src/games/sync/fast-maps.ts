import type { Plain } from './part.ts'

/** Of smaller maps the keys are read as fast anyway. */
const KEYS_MIN = 16

/** The live maps that were made fast, and have had the same keys since. */
const FAST = new WeakSet<Plain>()

/**
 * V8 keeps an object that got many keys one by one as a hash table, whose keys take long to list; one that is a prototype it keeps as it
 * keeps small objects. So a map is one for a moment. Where this means nothing, nothing is different.
 */
export function makeFast(live: Plain, keys: number): void {
  if (keys < KEYS_MIN) return
  Object.create(live)
  read(Object.create(live) as Plain)
  FAST.add(live)
}

/** A read through the prototype is what makes it fast. */
function read(of: Plain): unknown {
  return of['']
}

/** Returns the values of a fast map that has these keys in this order, and undefined of every other. */
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
