import { MapTree, type Tree } from './tree.ts'

/** Whether two trees of one type hold different values. The order of a map's keys is part of its value. */
export function differs(a: Tree | undefined, b: Tree | undefined): boolean {
  if (a === b) return false
  if (typeof a !== 'object' || typeof b !== 'object') return true
  if (a instanceof MapTree) {
    return (
      !(b instanceof MapTree) ||
      listsDiffer(a.values, b.values) ||
      (a.keys !== b.keys && listsDiffer(a.keys.list, b.keys.list))
    )
  }
  return b instanceof MapTree || listsDiffer(a, b)
}

function listsDiffer(a: readonly (Tree | undefined)[], b: readonly (Tree | undefined)[]): boolean {
  if (a.length !== b.length) return true
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i] && differs(a[i], b[i])) return true
  return false
}
