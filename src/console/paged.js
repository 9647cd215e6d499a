import { element } from './dom.js'

const LIMIT = 50

/** Which page of a list is shown: forwards by the cursors that the server gives, back by those that were used. */
export class Pager {
  /** @type {string[]} of the pages up to this one; the first has none */
  #cursors = []
  #next = ''
  #previous = element('button', { type: 'button' }, 'Previous')
  #following = element('button', { type: 'button' }, 'Next')
  #place = element('span', { class: 'hint' })
  element

  /**
   * @param {string} name of the list
   * @param {() => void} onTurn
   */
  constructor(name, onTurn) {
    this.element = element(
      'nav',
      { class: 'pager', 'aria-label': `Pages of ${name}` },
      this.#previous,
      this.#place,
      this.#following,
    )
    this.#previous.addEventListener('click', () => {
      this.#cursors.pop()
      onTurn()
    })
    this.#following.addEventListener('click', () => {
      this.#cursors.push(this.#next)
      onTurn()
    })
    this.#took([], null)
  }

  /** @param {Readonly<Record<string, string>>} [filters] */
  query(filters = {}) {
    const query = new URLSearchParams({ limit: String(LIMIT), ...filters })
    const cursor = this.#cursors.at(-1)
    if (cursor !== undefined) query.set('cursor', cursor)
    return query.toString()
  }

  reset() {
    this.#cursors = []
  }

  /**
   * Shows a page, as the server gave it.
   * @template Item
   * @param {import('./table.js').Table<Item>} table
   * @param {Record<string, any>} page
   */
  show(table, { items, next_cursor: next }) {
    table.show(items)
    this.#took(items, next)
  }

  /**
   * @param {readonly unknown[]} items
   * @param {string | null} next
   */
  #took(items, next) {
    this.#next = next ?? ''
    this.#previous.disabled = this.#cursors.length === 0
    this.#following.disabled = next === null
    const first = this.#cursors.length * LIMIT
    this.#place.textContent = items.length === 0 ? '' : `${first + 1} to ${first + items.length}`
    this.element.hidden = this.#cursors.length === 0 && next === null
  }
}
