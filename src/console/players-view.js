import { openDialog } from './dialog.js'
import { byId, onClick, onSubmit, showFacts, showOutcome } from './dom.js'
import { amountText, describe } from './outcome.js'
import { Pager } from './paged.js'
import { Refresher } from './refresher.js'
import { Table } from './table.js'
import { momentText } from './units.js'

/**
 * @typedef {import('./rooms-view.js').Connection} Connection
 * @typedef {{ purchase_id: string, good_id: string, count: number, total: number, currency: string, committed_at: number }} Receipt
 */

const REFRESH_MS = 3_000

/** @param {string} user */
function pathOf(user) {
  return `/api/v1/players/${encodeURIComponent(user)}`
}

/** @param {Record<string, number>} amounts */
function listText(amounts) {
  const parts = Object.entries(amounts ?? {}).map(([name, amount]) => `${amountText(amount)} ${name}`)
  return parts.length === 0 ? 'none' : parts.join(', ')
}

/** Who is connected, and one user with what they have. */
export class PlayersView {
  #admin
  #refresher = new Refresher(REFRESH_MS, (isCurrent) => this.#read(isCurrent))
  #pager = new Pager('connections', () => this.#refresher.now())
  #purchasePager = new Pager('purchases', () => this.#refresher.now())
  #user = ''
  #connections = this.#makeConnections('Connections', 'connections-table', 'Nobody is connected.')
  #ofUser = this.#makeConnections('Connections of the player', 'player-connections', 'Not connected.')
  #purchases = new Table('Purchases', {
    id: 'player-purchases',
    keyOf: (/** @type {Receipt} */ { purchase_id }) => purchase_id,
    columns: [
      { title: 'Good', text: ({ good_id }) => good_id, isHeading: true, isMono: true },
      { title: 'Count', text: ({ count }) => amountText(count), isNumber: true },
      { title: 'Paid', text: ({ total, currency }) => `${amountText(total)} ${currency}`, isNumber: true },
      { title: 'When', text: ({ committed_at }) => momentText(committed_at) },
    ],
    actions: [
      {
        text: 'Refund',
        label: ({ good_id }) => `Refund ${good_id}`,
        run: (receipt) => this.#refund(receipt),
        isDangerous: true,
      },
    ],
    empty: 'Nothing was bought.',
  })

  /** @param {import('./admin.js').Admin} admin */
  constructor(admin) {
    this.#admin = admin
    byId('connections-list', HTMLElement).append(this.#connections.element, this.#pager.element)
    byId('player-connections-list', HTMLElement).append(this.#ofUser.element)
    byId('player-purchases-list', HTMLElement).append(this.#purchases.element, this.#purchasePager.element)
    onSubmit('player-form', () => this.#open(byId('player-id', HTMLInputElement).value.trim()))
    onClick('player-kick', () => this.#kickAll())
    onClick('player-message', () => this.#message())
    onClick('player-credit', () => this.#credit())
    admin.onToken(() => this.#forget())
  }

  show() {
    this.#refresher.show()
  }

  hide() {
    this.#refresher.hide()
  }

  /**
   * @param {string} name
   * @param {string} id
   * @param {string} empty
   */
  #makeConnections(name, id, empty) {
    return new Table(name, {
      id,
      keyOf: (/** @type {Connection} */ { connection_id }) => connection_id,
      columns: [
        {
          title: 'User',
          text: ({ user_id }) => user_id,
          isHeading: true,
          isMono: true,
          onOpen: ({ user_id }) => this.#open(user_id),
        },
        { title: 'Namespace', text: ({ namespace }) => namespace },
        { title: 'Node', text: ({ node, worker }) => `${node} / ${worker}` },
        { title: 'Rooms', text: ({ rooms }) => amountText(rooms.length), isNumber: true },
        { title: 'Since', text: ({ opened_at }) => momentText(opened_at) },
      ],
      actions: [
        {
          text: 'Kick',
          label: ({ user_id }) => `Kick this connection of ${user_id}`,
          run: (it) => this.#kick(it),
          isDangerous: true,
        },
      ],
      empty,
    })
  }

  /** What one token opened is not for whoever has another one, or none. */
  #forget() {
    this.#user = ''
    this.#pager.reset()
    for (const table of [this.#connections, this.#ofUser]) table.show([])
    this.#purchases.show([])
    showFacts('player-facts', {})
    byId('player', HTMLElement).hidden = true
    byId('player-title', HTMLElement).textContent = 'A player'
    for (const id of ['player-status', 'player-outcome']) showOutcome(id, 'ok', '')
    this.#refresher.now()
  }

  /** @param {string} user */
  #open(user) {
    this.#user = user
    this.#purchasePager.reset()
    byId('player-id', HTMLInputElement).value = user
    showOutcome('player-outcome', 'ok', '')
    this.#refresher.now()
  }

  /** @param {() => boolean} isCurrent */
  async #read(isCurrent) {
    const outcome = await this.#admin.read(`/api/v1/connections?${this.#pager.query()}`)
    if (!isCurrent()) return outcome
    showOutcome('players-status', 'failed', describe(outcome, ''))
    if (!outcome.success) return outcome
    this.#pager.show(this.#connections, outcome.data)
    if (this.#user !== '') await this.#readOne(isCurrent)
    return outcome
  }

  /** @param {() => boolean} isCurrent */
  async #readOne(isCurrent) {
    const user = this.#user
    const [player, connections, purchases] = await Promise.all([
      this.#admin.read(pathOf(user)),
      this.#admin.read(`/api/v1/connections?${new URLSearchParams({ user })}`),
      this.#admin.read(`${pathOf(user)}/purchases?${this.#purchasePager.query()}`),
    ])
    if (!isCurrent()) return
    byId('player-title', HTMLElement).textContent = `Player ${user}`
    const failed = [player, connections, purchases].find(({ success }) => !success)
    showOutcome('player-status', 'failed', failed === undefined ? '' : describe(failed, ''))
    byId('player', HTMLElement).hidden = !player.success
    if (!player.success || !connections.success || !purchases.success) return
    const { balances, inventory } = player.data
    showFacts('player-facts', { Balances: listText(balances), Inventory: listText(inventory) })
    this.#ofUser.show(connections.data['items'])
    byId('player-kick', HTMLButtonElement).disabled = connections.data['items'].length === 0
    this.#purchasePager.show(this.#purchases, purchases.data)
  }

  /** @param {string} text */
  #say(text) {
    showOutcome('player-outcome', 'ok', text)
    this.#refresher.now()
  }

  /** @param {Connection} connection */
  #kick({ connection_id: id, user_id: user }) {
    openDialog({
      title: `Kick a connection of ${user}?`,
      text: 'It is closed with 4502, which tells its client not to come back by itself.',
      action: 'Kick',
      isDangerous: true,
      run: () => this.#admin.change('DELETE', `/api/v1/connections/${encodeURIComponent(id)}`),
      done: () => {
        showOutcome('players-status', 'ok', `A connection of ${user} was closed.`)
        this.#refresher.now()
      },
    })
  }

  #kickAll() {
    const user = this.#user
    openDialog({
      title: `Kick ${user}?`,
      text: 'All connections of this user are closed with 4502, on all nodes. The token stays good: the user can connect again.',
      action: 'Kick all connections',
      isDangerous: true,
      run: () => this.#admin.change('DELETE', `${pathOf(user)}/connections`),
      done: ({ kicked }) => this.#say(`${kicked === 1 ? '1 connection' : `${kicked} connections`} of ${user} closed.`),
    })
  }

  #message() {
    const user = this.#user
    openDialog({
      title: `Message to ${user}`,
      text: 'Every connection of this user gets it, from the server.',
      action: 'Send',
      fields: [{ name: 'text', label: 'Text', type: 'textarea' }],
      run: ({ text }) => this.#admin.changeOnce('/api/v1/messages', { target_user_id: user, text }),
      done: ({ delivered }) =>
        this.#say(`Delivered to ${delivered === 1 ? '1 connection' : `${delivered} connections`}.`),
    })
  }

  #credit() {
    const user = this.#user
    openDialog({
      title: `Credit ${user}`,
      text: 'Adds to a balance. The same credit is not done twice, however often it has to be sent.',
      action: 'Credit',
      fields: [
        { name: 'currency', label: 'Currency', value: 'gold' },
        { name: 'amount', label: 'Amount, in its smallest unit', type: 'number', min: 1 },
      ],
      run: (credit) => this.#admin.changeOnce(`${pathOf(user)}/credit`, credit),
      done: (_, { amount, currency }) => this.#say(`${user} was credited ${amountText(amount)} ${currency}.`),
    })
  }

  /** @param {Receipt} receipt */
  #refund({ purchase_id, good_id: good, count, total, currency }) {
    const user = this.#user
    openDialog({
      title: `Refund ${count} × ${good} to ${user}?`,
      text: `${user} gets ${amountText(total)} ${currency} back and gives up the goods. Once for each purchase.`,
      action: 'Refund',
      isDangerous: true,
      fields: [{ name: 'restock', label: 'Put the goods back into the stock', type: 'checkbox', value: 'true' }],
      run: ({ restock }) => this.#admin.changeOnce(`${pathOf(user)}/refund`, { purchase_id, restock }),
      done: () => this.#say(`Refunded ${amountText(total)} ${currency} to ${user}.`),
    })
  }
}
