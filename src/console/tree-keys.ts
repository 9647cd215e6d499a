/** Returns the visible rows of a tree, from top to bottom. */
export function rowsOf(tree: Element): readonly HTMLElement[] {
  return Array.from(tree.querySelectorAll<HTMLElement>('[role="treeitem"]:not([hidden] > *)'))
}

/** Returns the row of the branch that contains this one, or null at the top. */
export function rowAbove(row: Element): HTMLElement | null {
  const branch = row.closest('[role="group"]')?.closest('li')
  return branch?.querySelector<HTMLElement>('[role="treeitem"]') ?? null
}

/**
 * Says what a key does in a tree, by the pattern of WAI-ARIA: up and down move between the visible rows, right opens a row or moves
 * into it, left folds a row or moves out of it. Returns the row that gets the focus, `toggle` if the row is opened or folded, or
 * undefined if the key does nothing.
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
