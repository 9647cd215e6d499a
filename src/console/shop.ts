import type { Page } from '../protocol/page.ts'
import { byId, fillSelect, onSubmit, showOutcome } from './dom.ts'
import { callApi } from './http.ts'
import { KeyKeeper } from './keyed.ts'
import { amountText, describe, isUncertain, type Outcome } from './outcome.ts'
import type { Player } from './player.ts'
import type { Good, Receipt } from './rest.ts'

const PAGES_MAX = 20

export class Shop {
  #goods: Map<string, Good> = new Map()
  readonly #keys = new KeyKeeper()
  readonly #player: Player
  readonly #select = byId('good-select', HTMLSelectElement)

  constructor(player: Player) {
    this.#player = player
    this.#select.addEventListener('change', () => this.#showFacts())
    byId('goods-reload', HTMLButtonElement).addEventListener('click', () => void this.load())
    onSubmit('buy-form', () => this.#buy())
  }

  /** Reads all pages of the catalog again. */
  async load(): Promise<Outcome | null> {
    const goods: Good[] = []
    let query = ''
    for (let page = 0; page < PAGES_MAX; page++) {
      const outcome = await callApi<Page<Good>>(`/api/v1/goods${query}`)
      if (!outcome.success) {
        showOutcome('buy-outcome', 'failed', describe(outcome, ''))
        return outcome
      }
      goods.push(...outcome.data.items)
      if (outcome.data.next_cursor === null) break
      query = `?cursor=${encodeURIComponent(outcome.data.next_cursor)}`
    }
    this.#goods = new Map(goods.map((good) => [good.id, good]))
    this.#show()
    return null
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
    const request = { goodId: good.id, count, expectedPrice: good.price }
    const order = { ...request, idempotencyKey: this.#keys.keyFor(request) }
    showOutcome('buy-outcome', 'busy', 'Buying…')
    const outcome = await this.#player.ask((client) => client.buyGood(order))
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
    if (outcome.success) this.#noteStock(good, outcome.data.stock_left)
    else if (['PRICE_CHANGED', 'OUT_OF_STOCK', 'GOOD_NOT_FOUND'].includes(outcome.error.code)) void this.load()
  }

  #noteStock(good: Good, stock: number | null) {
    this.#goods.set(good.id, { ...good, stock })
    this.#show()
  }
}

function goodText({ name, price, currency, stock }: Good) {
  const left = stock === null ? '' : `, ${amountText(stock)} left`
  return `${name}: ${amountText(price)} ${currency}${left}`
}

function factsText(good: Good) {
  const facts = [`id ${good.id}`, good.stock === null ? 'unlimited stock' : `${amountText(good.stock)} in stock`]
  if (typeof good.per_user_limit === 'number') facts.push(`${amountText(good.per_user_limit)} per user`)
  if (typeof good.sale_from === 'number') facts.push(`on sale from ${new Date(good.sale_from).toLocaleString()}`)
  if (typeof good.sale_until === 'number') facts.push(`until ${new Date(good.sale_until).toLocaleString()}`)
  return facts.join(' · ')
}

function receiptText({ count, good_id: good, total, currency, balance, replayed, purchase_id: id }: Receipt) {
  const first = replayed ? 'Had been bought before under this key' : 'Bought'
  const paid = `${amountText(total)} ${currency}, balance ${amountText(balance)}`
  return `${first}: ${count} × ${good} for ${paid}. Receipt ${id}.`
}
