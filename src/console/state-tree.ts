import { element } from './dom.ts'
import { moveInTree, rowAbove, rowsOf } from './tree-keys.ts'
import { isBranch, valueText } from './tree-text.ts'

/** An entry of an object or a list: its row, and the entries below it while it is open. */
interface Entry {
  /** Identifies the entry by the keys on the way to it. */
  readonly path: string
  readonly item: HTMLLIElement
  readonly row: HTMLElement
  readonly text: HTMLElement
  value: unknown
  /** Undefined if the entry is folded, or is a leaf. */
  below: Below | undefined
}

interface Below {
  readonly list: HTMLUListElement
  readonly entries: Map<string, Entry>
  /** The item that stands for the entries that are not shown. */
  readonly more: HTMLLIElement
  shownMax: number
}

/** How many entries of a branch are shown at first, and how many more with each click. */
const SHOWN_MAX = 100

/**
 * Shows a value as a tree whose branches can be opened. The value may change often: rows are reused, and open branches stay open, also
 * if they disappear and come back. Of a folded branch, no more is read than its line shows.
 */
export class StateTree {
  readonly #open = new Set<string>()
  readonly #byRow = new WeakMap<Element, Entry>()
  readonly #root: Below
  #value: unknown = {}
  #lists = 0
  /** The row that the Tab key reaches. */
  #current: HTMLElement | undefined
  readonly element: HTMLUListElement

  /** @param name the name of the value, for screen readers */
  constructor(id: string, name: string) {
    this.element = element('ul', { id, class: 'tree', role: 'tree', 'aria-label': name })
    this.#root = this.#makeBelow(this.element)
    this.element.addEventListener('click', (event) => this.#click(event))
    this.element.addEventListener('keydown', (event) => this.#key(event))
    this.element.addEventListener('focusin', (event) => this.#makeCurrent(rowAt(event.target)))
  }

  show(value: unknown): void {
    this.#value = value
    // A value that is not a branch is shown as one row without a name.
    this.#showBelow(this.#root, '', isBranch(value) ? value : { '': value })
    if (this.#current?.isConnected !== true) this.#makeCurrent(rowsOf(this.element)[0] ?? null)
  }

  /** Shows nothing, and closes all branches. */
  clear(): void {
    this.#open.clear()
    this.#root.shownMax = SHOWN_MAX
    this.show({})
  }

  #showBelow(below: Below, path: string, value: object): void {
    const { list, entries, more } = below
    const keys = Object.keys(value)
    const shown = keys.slice(0, below.shownMax)
    const wanted = new Set(shown)
    for (const [key, { item, row }] of entries) {
      if (wanted.has(key)) continue
      this.#takeAway(item, rowAbove(row) ?? rowsOf(this.element)[0] ?? null)
      entries.delete(key)
    }
    for (const [i, key] of shown.entries()) {
      const entry = entries.get(key) ?? this.#make(below, path, key)
      this.#fill(entry, Reflect.get(value, key))
      if (list.children[i] !== entry.item) list.insertBefore(entry.item, list.children[i] ?? null)
    }
    const left = keys.length - shown.length
    more.hidden = left === 0
    if (left > 0 && more.firstElementChild) more.firstElementChild.textContent = `${left} more`
  }

  #make({ entries }: Below, path: string, key: string): Entry {
    const text = element('span', { class: 'value' })
    const name = element('span', { class: 'key' }, key)
    const row = element('div', { class: 'line', role: 'treeitem', tabindex: '-1' }, name, ' ', text)
    const item = element('li', { role: 'none' }, row)
    const entry: Entry = { path: `${path}${JSON.stringify(key)}`, item, row, text, value: undefined, below: undefined }
    entries.set(key, entry)
    this.#byRow.set(row, entry)
    return entry
  }

  #fill(entry: Entry, value: unknown): void {
    const { item, row, text } = entry
    entry.value = value
    const canOpen = isBranch(value) && Object.keys(value).length > 0
    const isOpen = canOpen && this.#open.has(entry.path)
    const line = valueText(value, isOpen)
    if (text.textContent !== line) text.textContent = line
    setAttribute(row, 'aria-expanded', canOpen ? String(isOpen) : null)
    if (!isOpen) {
      if (entry.below) this.#takeAway(entry.below.list, row)
      entry.below = undefined
      row.removeAttribute('aria-owns')
      return
    }
    if (!entry.below) {
      const id = `${this.element.id}-${++this.#lists}`
      entry.below = this.#makeBelow(element('ul', { id, role: 'group' }))
      row.setAttribute('aria-owns', id)
      item.append(entry.below.list)
    }
    this.#showBelow(entry.below, entry.path, value)
  }

  #makeBelow(list: HTMLUListElement): Below {
    const row = element('div', { class: 'line more', role: 'treeitem', tabindex: '-1' })
    const more = element('li', { role: 'none', hidden: '' }, row)
    list.append(more)
    return { list, entries: new Map(), more, shownMax: SHOWN_MAX }
  }

  /** @param next gets the focus if it was in the part that is removed */
  #takeAway(gone: HTMLElement, next: HTMLElement | null): void {
    const hadFocus = gone.contains(document.activeElement)
    if (this.#current && gone.contains(this.#current)) this.#makeCurrent(next)
    gone.remove()
    if (hadFocus) next?.focus()
  }

  #click(event: Event): void {
    const row = rowAt(event.target)
    row?.focus()
    if (row) this.#toggle(row)
  }

  #key(event: KeyboardEvent): void {
    const row = rowAt(event.target)
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return
    const move = moveInTree(event.key, row, this.element)
    if (!move) return
    event.preventDefault()
    if (move === 'toggle') this.#toggle(row)
    else move.focus()
  }

  #toggle(row: HTMLElement): void {
    const entry = this.#byRow.get(row)
    if (!entry) {
      this.#showMore(row)
      return
    }
    if (!row.hasAttribute('aria-expanded')) return
    if (!this.#open.delete(entry.path)) this.#open.add(entry.path)
    this.#fill(entry, entry.value)
  }

  /** Shows more entries. The first of them gets the focus. */
  #showMore(row: HTMLElement): void {
    const above = rowAbove(row)
    const below = above ? this.#byRow.get(above)?.below : this.#root
    if (!below) return
    const at = rowsOf(this.element).indexOf(row)
    below.shownMax += SHOWN_MAX
    this.show(this.#value)
    rowsOf(this.element)[at]?.focus()
  }

  #makeCurrent(row: HTMLElement | null): void {
    this.#current?.setAttribute('tabindex', '-1')
    row?.setAttribute('tabindex', '0')
    this.#current = row ?? undefined
  }
}

function rowAt(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>('[role="treeitem"]') : null
}

function setAttribute(row: Element, name: string, value: string | null): void {
  if (row.getAttribute(name) === value) return
  if (value === null) row.removeAttribute(name)
  else row.setAttribute(name, value)
}
