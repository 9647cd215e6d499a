import { element } from './dom.js'

/**
 * @template Item
 * @typedef {{ title: string, text: (item: Item) => string, isNumber?: boolean, isMono?: boolean, isLong?: boolean, isHeading?: boolean,
 *   onOpen?: (item: Item) => void }} Column isLong: may be on several lines; isHeading: what the row is about; onOpen: the text is a button
 */

/**
 * @template Item
 * @typedef {{ text: string, label: (item: Item) => string, run: (item: Item) => void, isDangerous?: boolean,
 *   isOffered?: (item: Item) => boolean }} RowAction label: for who does not see which row it stands in
 */

/**
 * A table whose rows stay the same elements while their items change, so that focus and what is being read stay where they are.
 * @template Item
 */
export class Table {
  #keyOf
  #columns
  #actions
  /** @type {Map<string, { row: HTMLTableRowElement, item: Item }>} */
  #rows = new Map()
  #body = element('tbody')
  #empty
  element

  /**
   * @param {string} name what it is a table of
   * @param {{ id?: string, keyOf: (item: Item) => string, columns: ReadonlyArray<Column<Item>>,
   *   actions?: ReadonlyArray<RowAction<Item>>, empty: string }} options
   */
  constructor(name, { id = '', keyOf, columns, actions = [], empty }) {
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

  /** @param {readonly Item[]} items */
  show(items) {
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

  /** @param {Item} item */
  #make(item) {
    const key = this.#keyOf(item)
    const held = { row: element('tr', { 'data-key': key }), item }
    for (const { isNumber, isMono, isLong, isHeading, onOpen } of this.#columns) {
      const kind = [isNumber ? 'number' : '', isMono ? 'mono' : '', isLong ? 'long' : ''].join(' ').trim()
      const cell = isHeading ? element('th', { scope: 'row', class: kind }) : element('td', { class: kind })
      if (onOpen !== undefined) {
        const open = element('button', { type: 'button', class: 'link' })
        open.addEventListener('click', () => onOpen(held.item))
        cell.append(open)
      }
      held.row.append(cell)
    }
    if (this.#actions.length > 0) held.row.append(element('td', { class: 'actions' }, ...this.#buttons(held)))
    this.#rows.set(key, held)
    return held
  }

  /** @param {{ item: Item }} held */
  #buttons(held) {
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

  /**
   * @param {HTMLTableRowElement} row
   * @param {Item} item
   */
  #fill(row, item) {
    for (const [i, { text }] of this.#columns.entries()) {
      const cell = row.children[i]
      const place = cell?.firstElementChild ?? cell
      const now = text(item)
      if (place !== undefined && place.textContent !== now) place.textContent = now
    }
    const buttons = row.querySelectorAll('.actions > button')
    for (const [i, { isOffered }] of this.#actions.entries())
      buttons[i]?.toggleAttribute('hidden', isOffered?.(item) === false)
  }
}
