import { element } from './dom.ts'

export interface Column<Item> {
  readonly title: string
  readonly text: (item: Item) => string
  readonly isNumber?: boolean
  readonly isMono?: boolean
  /** The text may be on several lines. */
  readonly isLong?: boolean
  /** The cell is the heading of its row. */
  readonly isHeading?: boolean
  /** Makes the text a button that does this. */
  readonly onOpen?: (item: Item) => void
  /** Makes the text a link. Returns null for an item without a link. */
  readonly href?: (item: Item) => string | null
  /** Whether the text says that something is wrong. */
  readonly isBad?: (item: Item) => boolean
}

export interface RowAction<Item> {
  readonly text: string
  /** The label for screen readers, which names the item of the row. */
  readonly label: (item: Item) => string
  readonly run: (item: Item) => void
  readonly isDangerous?: boolean
  readonly isOffered?: (item: Item) => boolean
}

/** A table that reuses its rows while their items change, so that the focus and the position of a screen reader stay. */
export class Table<Item> {
  readonly #keyOf: (item: Item) => string
  readonly #columns: ReadonlyArray<Column<Item>>
  readonly #actions: ReadonlyArray<RowAction<Item>>
  readonly #rows: Map<string, { row: HTMLTableRowElement; item: Item }> = new Map()
  readonly #body = element('tbody')
  readonly #empty: HTMLElement
  readonly element: HTMLElement

  /** @param name says what the table lists */
  constructor(
    name: string,
    {
      id = '',
      keyOf,
      columns,
      actions = [],
      empty,
    }: {
      id?: string
      keyOf: (item: Item) => string
      columns: ReadonlyArray<Column<Item>>
      actions?: ReadonlyArray<RowAction<Item>>
      empty: string
    },
  ) {
    this.#keyOf = keyOf
    this.#columns = columns
    this.#actions = actions
    this.#empty = element('p', { class: 'empty' }, empty)
    const heads = columns.map(({ title, isNumber }) => {
      return element('th', { scope: 'col', class: isNumber ? 'number' : '' }, title)
    })
    if (actions.length > 0) heads.push(element('th', { scope: 'col' }, element('span', { class: 'unseen' }, 'Actions')))
    const table = element(
      'table',
      { 'aria-label': name },
      element('thead', {}, element('tr', {}, ...heads)),
      this.#body,
    )
    const attributes = { class: 'table', role: 'region', 'aria-label': `${name}, scrollable`, tabindex: '0' }
    this.element = element('div', id === '' ? attributes : { ...attributes, id }, table, this.#empty)
  }

  show(items: readonly Item[]) {
    const keys = new Set(items.map((item) => this.#keyOf(item)))
    for (const [key, { row }] of this.#rows) {
      if (keys.has(key)) continue
      row.remove()
      this.#rows.delete(key)
    }
    for (const [i, item] of items.entries()) {
      const held = this.#rows.get(this.#keyOf(item)) ?? this.#make(item)
      held.item = item
      this.#fill(held.row, item)
      if (this.#body.children[i] !== held.row) this.#body.insertBefore(held.row, this.#body.children[i] ?? null)
    }
    this.#empty.hidden = items.length > 0
  }

  #make(item: Item) {
    const key = this.#keyOf(item)
    const held = { row: element('tr', { 'data-key': key }), item }
    for (const { isNumber, isMono, isLong, isHeading, onOpen, href } of this.#columns) {
      const kind = [isNumber ? 'number' : '', isMono ? 'mono' : '', isLong ? 'long' : ''].join(' ').trim()
      const cell = isHeading ? element('th', { scope: 'row', class: kind }) : element('td', { class: kind })
      if (onOpen !== undefined) {
        const open = element('button', { type: 'button', class: 'link' })
        open.addEventListener('click', () => onOpen(held.item))
        cell.append(open)
      }
      if (href !== undefined) cell.append(element('a'))
      held.row.append(cell)
    }
    if (this.#actions.length > 0) held.row.append(element('td', { class: 'actions' }, ...this.#buttons(held)))
    this.#rows.set(key, held)
    return held
  }

  #buttons(held: { item: Item }) {
    return this.#actions.map(({ text, label, run, isDangerous }) => {
      const attributes = {
        type: 'button',
        class: isDangerous ? 'quiet danger' : 'quiet',
        'aria-label': label(held.item),
      }
      const made = element('button', attributes, text)
      made.addEventListener('click', () => run(held.item))
      return made
    })
  }

  #fill(row: HTMLTableRowElement, item: Item) {
    for (const [i, { text, href, isBad }] of this.#columns.entries()) {
      const cell = row.children[i]
      const place = cell?.firstElementChild ?? cell
      const now = text(item)
      if (place !== undefined && place.textContent !== now) place.textContent = now
      if (isBad !== undefined) cell?.classList.toggle('bad', isBad(item))
      const address = href?.(item)
      if (typeof address === 'string') place?.setAttribute('href', address)
      if (address === null) place?.removeAttribute('href')
    }
    const buttons = row.querySelectorAll('.actions > button')
    for (const [i, { isOffered }] of this.#actions.entries())
      buttons[i]?.toggleAttribute('hidden', isOffered?.(item) === false)
  }
}
