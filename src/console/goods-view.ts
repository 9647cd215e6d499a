import type { Page } from '../protocol/page.ts'
import type { Admin } from './admin.ts'
import { openDialog } from './dialog.ts'
import { byId, showOutcome } from './dom.ts'
import { amountText, describe, type Outcome } from './outcome.ts'
import { Pager } from './paged.ts'
import type { Good } from './rest.ts'
import { Table } from './table.ts'
import { View } from './view.ts'

const REFRESH_MS = 3_000

function whenText(ms: number | null | undefined) {
  return typeof ms === 'number' ? new Date(ms).toLocaleString() : '—'
}

function stockText(stock: number | null) {
  return stock === null ? 'unlimited' : amountText(stock)
}

function pathOf(id: string) {
  return `/api/v1/goods/${encodeURIComponent(id)}`
}

export class GoodsView extends View {
  readonly #admin: Admin
  readonly #pager = new Pager('goods', () => this.refresh())
  readonly #table = new Table('Goods', {
    id: 'goods-table',
    keyOf: ({ id }: Good) => id,
    columns: [
      { title: 'Id', text: ({ id }) => id, isHeading: true, isMono: true },
      { title: 'Name', text: ({ name }) => name },
      { title: 'Price', text: ({ price, currency }) => `${amountText(price)} ${currency}`, isNumber: true },
      { title: 'Stock', text: ({ stock }) => stockText(stock), isNumber: true },
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

  constructor(admin: Admin) {
    super(REFRESH_MS)
    this.#admin = admin
    byId('goods-list', HTMLElement).append(this.#table.element, this.#pager.element)
    admin.onToken(() => this.refresh())
  }

  protected override async read(isCurrent: () => boolean): Promise<Outcome | null> {
    const outcome = await this.#admin.read<Page<Good>>(`/api/v1/goods?${this.#pager.query()}`)
    if (!isCurrent()) return outcome
    showOutcome('goods-status', 'failed', describe(outcome, ''))
    if (!outcome.success) return outcome
    this.#pager.show(this.#table, outcome.data)
    return outcome
  }

  #restock({ id, name }: Good) {
    openDialog({
      title: `Restock ${name}`,
      text: 'Adds to the stock. Goods that are sold meanwhile are still counted.',
      action: 'Restock',
      fields: [{ name: 'count', label: 'How many more', type: 'number', min: 1 }],
      run: (restock: { count: number }) => this.#admin.changeOnce<Good>(`${pathOf(id)}/restock`, restock),
      done: ({ stock }) => this.#say(`${name}: ${stockText(stock)} in stock.`),
    })
  }

  #price({ id, name, price, currency }: Good) {
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
      run: (values: { price: number }) => this.#putPrice(id, values.price),
      done: (good) => this.#say(`${name} costs ${amountText(good.price)} ${currency}.`),
    })
  }

  /**
   * Changes the price. A PUT replaces the whole good with its stock, so it is done only if the good has not changed since it was
   * read. Otherwise it would undo a sale in between.
   */
  async #putPrice(id: string, price: number): Promise<Outcome<Good>> {
    const found = await this.#admin.read<Good>(pathOf(id))
    if (!found.success) return found
    return this.#admin.change('PUT', pathOf(id), { ...found.data, price }, found.etag)
  }

  #say(text: string) {
    showOutcome('goods-outcome', 'ok', text)
    this.refresh()
  }
}
