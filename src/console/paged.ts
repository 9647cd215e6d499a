import type { Page } from '../protocol/page.ts'
import { element } from './dom.ts'
import type { Table } from './table.ts'

const LIMIT = 50

/** Pages through a list: forwards with the cursors that the server gives, backwards with the cursors that were used. */
export class Pager {
  /** The cursors of the pages up to this one. The first page has none. */
  #cursors: string[] = []
  #next = ''
  readonly #previous = element('button', { type: 'button' }, 'Previous')
  readonly #following = element('button', { type: 'button' }, 'Next')
  readonly #place = element('span', { class: 'hint' })
  readonly element: HTMLElement

  constructor(name: string, onTurn: () => void) {
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

  query(filters: Readonly<Record<string, string>> = {}) {
    const query = new URLSearchParams({ limit: String(LIMIT), ...filters })
    const cursor = this.#cursors.at(-1)
    if (cursor !== undefined) query.set('cursor', cursor)
    return query.toString()
  }

  reset() {
    this.#cursors = []
  }

  show<Item>(table: Table<Item>, { items, next_cursor: next }: Page<Item>) {
    table.show(items)
    this.#took(items, next)
  }

  #took(items: readonly unknown[], next: string | null) {
    this.#next = next ?? ''
    this.#previous.disabled = this.#cursors.length === 0
    this.#following.disabled = next === null
    const first = this.#cursors.length * LIMIT
    this.#place.textContent = items.length === 0 ? '' : `${first + 1} to ${first + items.length}`
    this.element.hidden = this.#cursors.length === 0 && next === null
  }
}
