/** Whether both lists hold the very same items (`===`) in the same order. */
export function areSame<Item>(a: readonly Item[], b: readonly Item[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i])
}
