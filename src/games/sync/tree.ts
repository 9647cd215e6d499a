import type { Constant } from '../types.ts'
import { hashText } from './hash.ts'

/**
 * An immutable value. Parts that did not change between two trees are the same nodes in both.
 * - An object of declared fields is an array of their trees, in the order of the type. An absent optional field is undefined.
 * - A map, a record and an object of `json` are a `MapTree`.
 * - An array is an array.
 */
export type Tree = Constant | MapTree | readonly (Tree | undefined)[]

export class MapTree {
  readonly keys: Keys
  /** In the order of the keys. */
  readonly values: readonly Tree[]

  constructor(keys: Keys, values: readonly Tree[]) {
    this.keys = keys
    this.values = values
  }
}

/** The keys of a map, in the order in which the live object enumerates them. All trees with the same keys share it. */
export class Keys {
  readonly list: readonly string[]
  /** The last result of `keptKeys`. The freeze of a tick asks for it first, and then the tick's patch does. */
  lastKept: { readonly before: Keys; readonly kept: Int32Array } | undefined
  #indexes: ReadonlyMap<string, number> | undefined
  #json: readonly string[] | undefined
  #hashes: readonly number[] | undefined

  constructor(list: readonly string[]) {
    this.list = list
  }

  indexOf(key: string): number | undefined {
    this.#indexes ??= new Map(this.list.map((key, index) => [key, index]))
    return this.#indexes.get(key)
  }

  /** Each key as the start of a JSON member: `"key":` */
  get json(): readonly string[] {
    this.#json ??= this.list.map((key) => `${JSON.stringify(key)}:`)
    return this.#json
  }

  get hashes(): readonly number[] {
    this.#hashes ??= this.list.map((key) => hashText(key))
    return this.#hashes
  }
}

/** How far ahead a key is looked for before an index of all keys is built. */
const WINDOW = 8

/**
 * Returns for each key of `after` its index in `before`, or -1. The indexes only rise, so a key that moved gets -1. Any answer
 * makes a correct patch; the more keys are found, the smaller the patch.
 */
export function keptKeys(before: Keys, after: Keys): Int32Array {
  if (after.lastKept?.before === before) return after.lastKept.kept
  const [from, to] = [before.list, after.list]
  const kept = new Int32Array(to.length).fill(-1)
  let i = 0
  let j = 0
  while (i < from.length && j < to.length) {
    if (from[i] === to[j]) kept[j++] = i++
    else if (isRemoved(before, i, after, j)) i++
    else j++
  }
  after.lastKept = { before, kept }
  return kept
}

/** Whether it is better to count key i of `before` as removed than key j of `after` as added. */
function isRemoved(before: Keys, i: number, after: Keys, j: number): boolean {
  const [was = '', is = ''] = [before.list[i], after.list[j]]
  const [removed, added] = [ahead(before.list, i, is), ahead(after.list, j, was)]
  if (removed < WINDOW || added < WINDOW) return removed <= added
  return distance(before, i, is) <= distance(after, j, was)
}

/** How far after `start` the key comes. Returns WINDOW if it is not near. */
function ahead(list: readonly string[], start: number, key: string): number {
  for (let distance = 1; distance < WINDOW; distance++) if (list[start + distance] === key) return distance
  return WINDOW
}

/** How far after `start` the key comes. Returns Infinity if it does not. */
function distance(keys: Keys, start: number, key: string): number {
  const index = keys.indexOf(key)
  return index === undefined || index < start ? Infinity : index - start
}

/** Returns for each key of `after` its index in `before`, or -1 if it is new. Keys that moved are found, too. */
export function sameKeys(before: Keys, after: Keys): Int32Array {
  const kept = keptKeys(before, after)
  const found = kept.slice()
  const isKept = new Uint8Array(before.list.length)
  for (const index of kept) if (index >= 0) isKept[index] = 1
  const others = before.list.flatMap((key, index) => (isKept[index] === 1 ? [] : [{ key, index }]))
  if (others.length === 0) return found
  for (let j = 0; j < found.length; j++) {
    if (found[j] !== -1) continue
    const key = after.list[j] ?? ''
    found[j] =
      others.length <= WINDOW ? (others.find((other) => other.key === key)?.index ?? -1) : (before.indexOf(key) ?? -1)
  }
  return found
}
