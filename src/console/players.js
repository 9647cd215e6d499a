import { byId, element, onSubmit, showOutcome } from './dom.js'
import { callApi } from './http.js'
import { KeyKeeper } from './keyed.js'
import { amountText, describe } from './outcome.js'
import { isUncertain } from './replies.js'

/** @typedef {{ user_id: string, balances: Record<string, number>, inventory: Record<string, number> }} Player */

/** What the admin token opens: a player's balances and inventory, and a credit. */
export class Players {
  #keys = new KeyKeeper()
  #adminToken = byId('admin-token', HTMLInputElement)
  #playerId = byId('player-id', HTMLInputElement)

  constructor() {
    const who = byId('admin-form', HTMLFormElement)
    onSubmit('admin-form', () => this.#show())
    onSubmit('credit-form', () => (who.reportValidity() ? this.#credit() : undefined))
  }

  /** @param {string} user offered as the player, where none was named yet */
  suggest(user) {
    if (this.#playerId.value === '') this.#playerId.value = user
  }

  async #show() {
    const outcome = await callApi(this.#path(), { adminToken: this.#adminToken.value })
    this.#showOutcome(outcome, 'As of now.')
  }

  async #credit() {
    const currency = byId('credit-currency', HTMLInputElement).value.trim()
    const amount = byId('credit-amount', HTMLInputElement).valueAsNumber
    const path = `${this.#path()}/credit`
    const body = { currency, amount, idempotency_key: this.#keys.keyFor({ path, currency, amount }) }
    const outcome = await callApi(path, { adminToken: this.#adminToken.value, body })
    if (!isUncertain(outcome)) this.#keys.settle()
    this.#showOutcome(outcome, `Credited ${amountText(amount)} ${currency}.`)
  }

  #path() {
    return `/api/v1/players/${encodeURIComponent(this.#playerId.value.trim())}`
  }

  /**
   * @param {import('./replies.js').Outcome} outcome
   * @param {string} done
   */
  #showOutcome(outcome, done) {
    showOutcome('admin-outcome', outcome.success ? 'ok' : 'failed', describe(outcome, done))
    const facts = outcome.success ? factsOf(/** @type {any} */ (outcome.data)) : []
    byId('player', HTMLElement).replaceChildren(...facts)
  }
}

/** @param {Player} player */
function factsOf({ user_id: user, balances, inventory }) {
  return [fact('Player', user), fact('Balances', listText(balances)), fact('Inventory', listText(inventory))]
}

/**
 * @param {string} name
 * @param {string} value
 */
function fact(name, value) {
  return element('div', {}, element('dt', {}, name), element('dd', {}, value))
}

/** @param {Record<string, number>} amounts */
function listText(amounts) {
  const parts = Object.entries(amounts ?? {}).map(([name, amount]) => `${name} ${amountText(amount)}`)
  return parts.length === 0 ? 'none' : parts.join(', ')
}
