import { byId, fillSelect, onSubmit, showOutcome } from './dom.js'
import { callApi } from './http.js'
import { KeyKeeper } from './keyed.js'
import { amountText, describe } from './outcome.js'
import { isUncertain } from './replies.js'

/**
 * @typedef {{ id: string, name: string, price: number, currency: string, stock: number | null,
 *   per_user_limit?: number | null, sale_from?: number | null, sale_until?: number | null }} Good
 */

const PAGES_MAX = 20

/** The goods, and the form that buys one. */
export class Shop {
  /** @type {Map<string, Good>} */
  #goods = new Map()
  #keys = new KeyKeeper()
  #requests
  #select = byId('good-select', HTMLSelectElement)

  /** @param {import('./requests.js').Requests} requests */
  constructor(requests) {
    this.#requests = requests
    this.#select.addEventListener('change', () => this.#showFacts())
    byId('goods-reload', HTMLButtonElement).addEventListener('click', () => void this.load())
    onSubmit('buy-form', () => this.#buy())
  }

  /** Reads the catalog anew, all pages of it. */
  async load() {
    /** @type {Good[]} */
    const goods = []
    let query = ''
    for (let page = 0; page < PAGES_MAX; page++) {
      const outcome = await callApi(`/api/v1/goods${query}`)
      if (!outcome.success) return showOutcome('buy-outcome', 'failed', describe(outcome, ''))
      goods.push(...outcome.data['items'])
      if (typeof outcome.data['next_cursor'] !== 'string') break
      query = `?cursor=${encodeURIComponent(outcome.data['next_cursor'])}`
    }
    this.#goods = new Map(goods.map((good) => [good.id, good]))
    this.#show()
  }

  #show() {
    const options = Array.from(this.#goods.values(), (good) => ({ value: good.id, text: goodText(good) }))
    fillSelect(this.#select, options.length > 0 ? options : [{ value: '', text: 'No goods' }])
    this.#showFacts()
  }

  #showFacts() {
    const good = this.#goods.get(this.#select.value)
    byId('good-facts', HTMLElement).textContent = good === undefined ? '' : factsText(good)
  }

  async #buy() {
    const good = this.#goods.get(this.#select.value)
    if (good === undefined) return showOutcome('buy-outcome', 'failed', 'There is no good to buy.')
    const count = byId('buy-count', HTMLInputElement).valueAsNumber
    const request = { good_id: good.id, count, expected_price: good.price }
    const payload = { ...request, idempotency_key: this.#keys.keyFor(request) }
    showOutcome('buy-outcome', 'busy', 'Buying…')
    const outcome = await this.#requests.send('core.game.state.buy_good', payload)
    if (isUncertain(outcome)) {
      const advice = 'Buying the same again sends the same key, so it cannot be bought twice.'
      return showOutcome('buy-outcome', 'failed', `${describe(outcome, '')} ${advice}`)
    }
    this.#keys.settle()
    showOutcome(
      'buy-outcome',
      outcome.success ? 'ok' : 'failed',
      describe(outcome, outcome.success ? receiptText(outcome.data) : ''),
    )
    if (outcome.success) this.#noteStock(good, outcome.data['stock_left'])
    else if (['PRICE_CHANGED', 'OUT_OF_STOCK', 'GOOD_NOT_FOUND'].includes(outcome.error.code)) void this.load()
  }

  /**
   * @param {Good} good
   * @param {number | null} stock
   */
  #noteStock(good, stock) {
    this.#goods.set(good.id, { ...good, stock })
    this.#show()
  }
}

/** @param {Good} good */
function goodText({ name, price, currency, stock }) {
  const left = stock === null ? '' : `, ${amountText(stock)} left`
  return `${name}: ${amountText(price)} ${currency}${left}`
}

/** @param {Good} good */
function factsText(good) {
  const facts = [`id ${good.id}`, good.stock === null ? 'unlimited stock' : `${amountText(good.stock)} in stock`]
  if (typeof good.per_user_limit === 'number') facts.push(`${amountText(good.per_user_limit)} per user`)
  if (typeof good.sale_from === 'number') facts.push(`on sale from ${new Date(good.sale_from).toLocaleString()}`)
  if (typeof good.sale_until === 'number') facts.push(`until ${new Date(good.sale_until).toLocaleString()}`)
  return facts.join(' · ')
}

/** @param {Record<string, any>} receipt */
function receiptText({ count, good_id: good, total, currency, balance, replayed, purchase_id: id }) {
  const first = replayed ? 'Had been bought before under this key' : 'Bought'
  const paid = `${amountText(total)} ${currency}, balance ${amountText(balance)}`
  return `${first}: ${count} × ${good} for ${paid}. Receipt ${id}.`
}
