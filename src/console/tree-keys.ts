/** The rows of a tree that are there, from top to bottom. */
export function rowsOf(tree: Element): readonly HTMLElement[] {
  return Array.from(tree.querySelectorAll<HTMLElement>('[role="treeitem"]:not([hidden] > *)'))
}

/** The row of the branch that this one is in. Returns null at the top. */
export function rowAbove(row: Element): HTMLElement | null {
  const branch = row.closest('[role="group"]')?.closest('li')
  return branch?.querySelector<HTMLElement>('[role="treeitem"]') ?? null
}

/**
 * What a key does in a tree, as WAI-ARIA has it: up and down go through the rows that are there, right opens and goes in, left folds and goes out.
 * Returns where the focus goes; `toggle`: the row is opened or folded; undefined: nothing.
 */
export function moveInTree(key: string, row: HTMLElement, tree: HTMLElement): HTMLElement | 'toggle' | undefined {
  const rows = rowsOf(tree)
  const expanded = row.getAttribute('aria-expanded')
  const at = rows.indexOf(row)
  switch (key) {
    case 'ArrowDown':
      return rows[at + 1]
    case 'ArrowUp':
      return rows[at - 1]
    case 'Home':
      return rows[0]
    case 'End':
      return rows.at(-1)
    case 'ArrowRight':
      if (expanded === 'false') return 'toggle'
      return expanded === 'true' ? rows[at + 1] : undefined
    case 'ArrowLeft':
      if (expanded === 'true') return 'toggle'
      return rowAbove(row) ?? undefined
    case 'Enter':
    case ' ':
      return 'toggle'
    default:
      return undefined
  }
}
