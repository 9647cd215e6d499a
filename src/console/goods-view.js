import { openDialog } from './dialog.js'
import { byId, showOutcome } from './dom.js'
import { amountText, describe } from './outcome.js'
import { Pager } from './paged.js'
import { Refresher } from './refresher.js'
import { Table } from './table.js'

/** @typedef {import('./shop.js').Good} Good */

const REFRESH_MS = 3_000

/** @param {number | null | undefined} ms */
function whenText(ms) {
  return typeof ms === 'number' ? new Date(ms).toLocaleString() : '—'
}

/** @param {string} id */
function pathOf(id) {
  return `/api/v1/goods/${encodeURIComponent(id)}`
}

/** The catalog, its stock and its prices. */
export class GoodsView {
  #admin
  #refresher = new Refresher(REFRESH_MS, (isCurrent) => this.#read(isCurrent))
  #pager = new Pager('goods', () => this.#refresher.now())
  #table = new Table('Goods', {
    id: 'goods-table',
    keyOf: (/** @type {Good} */ { id }) => id,
    columns: [
      { title: 'Id', text: ({ id }) => id, isHeading: true, isMono: true },
      { title: 'Name', text: ({ name }) => name },
      { title: 'Price', text: ({ price, currency }) => `${amountText(price)} ${currency}`, isNumber: true },
      { title: 'Stock', text: ({ stock }) => (stock === null ? 'unlimited' : amountText(stock)), isNumber: true },
      {
        title: 'Per user',
        text: ({ per_user_limit: limit }) => (typeof limit !== 'number' ? '—' : amountText(limit)),
        isNumber: true,
      },
      { title: 'On sale from', text: ({ sale_from }) => whenText(sale_from) },
      { title: 'Until', text: ({ sale_until }) => whenText(sale_until) },
    ],
    actions: [
      {
        text: 'Restock',
        label: ({ id }) => `Restock ${id}`,
        run: (good) => this.#restock(good),
        isOffered: ({ stock }) => stock !== null,
      },
      { text: 'Price', label: ({ id }) => `Price of ${id}`, run: (good) => this.#price(good) },
    ],
    empty: 'There are no goods.',
  })

  /** @param {import('./admin.js').Admin} admin */
  constructor(admin) {
    this.#admin = admin
    byId('goods-list', HTMLElement).append(this.#table.element, this.#pager.element)
    admin.onToken(() => this.#refresher.now())
  }

  show() {
    this.#refresher.show()
  }

  hide() {
    this.#refresher.hide()
  }

  /** @param {() => boolean} isCurrent */
  async #read(isCurrent) {
    const outcome = await this.#admin.read(`/api/v1/goods?${this.#pager.query()}`)
    if (!isCurrent()) return outcome
    showOutcome('goods-status', 'failed', describe(outcome, ''))
    if (!outcome.success) return outcome
    this.#pager.show(this.#table, outcome.data)
    return outcome
  }

  /** @param {Good} good */
  #restock({ id, name }) {
    openDialog({
      title: `Restock ${name}`,
      text: 'Adds to the stock, whatever is sold meanwhile.',
      action: 'Restock',
      fields: [{ name: 'count', label: 'How many more', type: 'number', min: 1 }],
      run: (restock) => this.#admin.changeOnce(`${pathOf(id)}/restock`, restock),
      done: ({ stock }) => this.#say(`${name}: ${amountText(stock)} in stock.`),
    })
  }

  /** @param {Good} good */
  #price({ id, name, price, currency }) {
    openDialog({
      title: `Price of ${name}`,
      text: `Now ${amountText(price)} ${currency}. Purchases that expect the old price are refused with PRICE_CHANGED.`,
      action: 'Change the price',
      fields: [
        {
          name: 'price',
          label: `Price, in the smallest unit of ${currency}`,
          type: 'number',
          min: 0,
          value: String(price),
        },
      ],
      run: (values) => this.#putPrice(id, values['price']),
      done: (good) => this.#say(`${name} costs ${amountText(good['price'])} ${currency}.`),
    })
  }

  /**
   * A good is put whole, stock included, so only where nothing of it has changed since it was read: a sale between the two would be
   * undone.
   * @param {string} id
   * @param {number} price
   */
  async #putPrice(id, price) {
    const found = await this.#admin.read(pathOf(id))
    if (!found.success) return found
    return this.#admin.change('PUT', pathOf(id), { ...found.data, price }, { ifMatch: found.etag ?? '' })
  }

  /** @param {string} text */
  #say(text) {
    showOutcome('goods-outcome', 'ok', text)
    this.#refresher.now()
  }
}
