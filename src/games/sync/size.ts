import { MapTree, sameKeys, type Tree } from './tree.ts'

/** For a number or a boolean, and for each value inside another. */
const VALUE_BYTES = 8

type Items = readonly (Tree | undefined)[]

/** About how many bytes of memory a tree takes. The result is the same on every machine. */
export function sizeOf(tree: Tree): number {
  if (typeof tree === 'string') return VALUE_BYTES + tree.length
  if (typeof tree !== 'object') return VALUE_BYTES
  if (tree instanceof MapTree) return keysSize(tree) + itemsSize(tree.values)
  return VALUE_BYTES + itemsSize(tree)
}

/** How much larger `after` is than `before`. Parts that both share are skipped. */
export function growthOf(before: Tree, after: Tree): number {
  if (before === after) return 0
  if (typeof before !== 'object' || typeof after !== 'object') return sizeOf(after) - sizeOf(before)
  if (before instanceof MapTree)
    return after instanceof MapTree ? mapGrowth(before, after) : sizeOf(after) - sizeOf(before)
  return after instanceof MapTree ? sizeOf(after) - sizeOf(before) : itemsGrowth(before, after)
}

function mapGrowth(before: MapTree, after: MapTree): number {
  if (before.keys === after.keys) return itemsGrowth(before.values, after.values)
  const same = sameKeys(before.keys, after.keys)
  const isKept = new Uint8Array(before.values.length)
  let growth = keysSize(after) - keysSize(before)
  after.values.forEach((value, i) => {
    const index = same[i] ?? -1
    const was = before.values[index]
    if (was === undefined) growth += sizeOf(value)
    else {
      isKept[index] = 1
      growth += growthOf(was, value)
    }
  })
  before.values.forEach((value, i) => {
    if (isKept[i] === 0) growth -= sizeOf(value)
  })
  return growth
}

function itemsGrowth(before: Items, after: Items): number {
  let growth = 0
  const count = Math.max(before.length, after.length)
  for (let i = 0; i < count; i++) {
    const was = before[i]
    const is = after[i]
    if (was === is) continue
    if (was === undefined) growth += is === undefined ? 0 : sizeOf(is)
    else growth += is === undefined ? -sizeOf(was) : growthOf(was, is)
  }
  return growth
}

function itemsSize(items: Items): number {
  let size = 0
  for (const item of items) if (item !== undefined) size += sizeOf(item)
  return size
}

function keysSize({ keys }: MapTree): number {
  let size = VALUE_BYTES
  for (const key of keys.list) size += VALUE_BYTES + key.length
  return size
}
