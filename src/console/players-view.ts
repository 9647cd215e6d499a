import type { Page } from '../protocol/page.ts'
import type { Admin } from './admin.ts'
import { openDialog } from './dialog.ts'
import { byId, onClick, onSubmit, showFacts, showOutcome } from './dom.ts'
import { amountText, describe, type Outcome } from './outcome.ts'
import { Pager } from './paged.ts'
import type { Ban, Connection, Kicked, PlayerAccount, Receipt } from './rest.ts'
import { Table } from './table.ts'
import { momentText } from './units.ts'
import { View } from './view.ts'

const REFRESH_MS = 3_000

function pathOf(user: string) {
  return `/api/v1/players/${encodeURIComponent(user)}`
}

const KEPT_OUT = {
  name: 'minutes',
  label: 'Minutes to keep the user out',
  type: 'number',
  value: '0',
  min: 0,
  hint: '0: not at all.',
} as const

interface KeptOut {
  minutes: number | null
}

function forQuery({ minutes }: KeptOut) {
  return minutes === null || minutes === 0 ? '' : `?for_ms=${minutes * 60_000}`
}

function listText(amounts: Readonly<Record<string, number>>) {
  const parts = Object.entries(amounts).map(([name, amount]) => `${amountText(amount)} ${name}`)
  return parts.length === 0 ? 'none' : parts.join(', ')
}

/** Shows the connections, the bans, and one player with balances, inventory and purchases. */
export class PlayersView extends View {
  readonly #admin: Admin
  readonly #pager = new Pager('connections', () => this.refresh())
  readonly #purchasePager = new Pager('purchases', () => this.refresh())
  readonly #banPager = new Pager('bans', () => this.refresh())
  #user = ''
  #connections = this.#makeConnections('Connections', 'connections-table', 'Nobody is connected.')
  #ofUser = this.#makeConnections('Connections of the player', 'player-connections', 'Not connected.')
  readonly #purchases = new Table('Purchases', {
    id: 'player-purchases',
    keyOf: ({ purchase_id }: Receipt) => purchase_id,
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

  readonly #bans = new Table('Kept out', {
    id: 'bans-table',
    keyOf: ({ of, id }: Ban) => `${of} ${id}`,
    columns: [
      { title: 'User or address', text: ({ id }) => id, isHeading: true, isMono: true },
      { title: 'Until', text: ({ until }) => momentText(until) },
    ],
    actions: [{ text: 'Lift', label: ({ id }) => `Let ${id} in again`, run: (ban) => this.#lift(ban) }],
    empty: 'Nobody is kept out.',
  })

  constructor(admin: Admin) {
    super(REFRESH_MS)
    this.#admin = admin
    byId('connections-list', HTMLElement).append(this.#connections.element, this.#pager.element)
    byId('bans-list', HTMLElement).append(this.#bans.element, this.#banPager.element)
    byId('player-connections-list', HTMLElement).append(this.#ofUser.element)
    byId('player-purchases-list', HTMLElement).append(this.#purchases.element, this.#purchasePager.element)
    onSubmit('player-form', () => this.#open(byId('player-id', HTMLInputElement).value.trim()))
    onClick('player-kick', () => this.#kickAll())
    onClick('player-message', () => this.#message())
    onClick('player-credit', () => this.#credit())
    admin.onToken(() => this.#forget())
  }

  #makeConnections(name: string, id: string, empty: string) {
    return new Table(name, {
      id,
      keyOf: ({ connection_id }: Connection) => connection_id,
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

  /** Hides what an admin token gave access to, when the token changes. */
  #forget() {
    this.#user = ''
    this.#pager.reset()
    for (const table of [this.#connections, this.#ofUser]) table.show([])
    this.#purchases.show([])
    this.#banPager.reset()
    this.#bans.show([])
    showFacts('player-facts', {})
    byId('player', HTMLElement).hidden = true
    byId('player-title', HTMLElement).textContent = 'A player'
    for (const id of ['player-status', 'player-outcome']) showOutcome(id, 'ok', '')
    this.refresh()
  }

  #open(user: string) {
    this.#user = user
    this.#purchasePager.reset()
    byId('player-id', HTMLInputElement).value = user
    showOutcome('player-outcome', 'ok', '')
    this.refresh()
  }

  protected override async read(isCurrent: () => boolean): Promise<Outcome | null> {
    const outcome = await this.#admin.read<Page<Connection>>(`/api/v1/connections?${this.#pager.query()}`)
    if (!isCurrent()) return outcome
    showOutcome('players-status', 'failed', describe(outcome, ''))
    if (!outcome.success) return outcome
    this.#pager.show(this.#connections, outcome.data)
    const bans = await this.#admin.read<Page<Ban>>(`/api/v1/bans?${this.#banPager.query()}`)
    if (!isCurrent()) return outcome
    if (bans.success) this.#banPager.show(this.#bans, bans.data)
    if (this.#user !== '') await this.#readOne(isCurrent)
    return outcome
  }

  async #readOne(isCurrent: () => boolean) {
    const user = this.#user
    const [player, connections, purchases] = await Promise.all([
      this.#admin.read<PlayerAccount>(pathOf(user)),
      this.#admin.read<Page<Connection>>(`/api/v1/connections?${new URLSearchParams({ user })}`),
      this.#admin.read<Page<Receipt>>(`${pathOf(user)}/purchases?${this.#purchasePager.query()}`),
    ])
    if (!isCurrent()) return
    byId('player-title', HTMLElement).textContent = `Player ${user}`
    const failed = [player, connections, purchases].find(({ success }) => !success)
    showOutcome('player-status', 'failed', failed === undefined ? '' : describe(failed, ''))
    byId('player', HTMLElement).hidden = !player.success
    if (!player.success || !connections.success || !purchases.success) return
    const { balances, inventory } = player.data
    showFacts('player-facts', { Balances: listText(balances), Inventory: listText(inventory) })
    this.#ofUser.show(connections.data.items)
    this.#purchasePager.show(this.#purchases, purchases.data)
  }

  #say(text: string) {
    showOutcome('player-outcome', 'ok', text)
    this.refresh()
  }

  #kick({ connection_id: id, user_id: user }: Connection) {
    openDialog({
      title: `Kick a connection of ${user}?`,
      text: 'The connection is closed with 4502, which tells its client not to reconnect.',
      action: 'Kick',
      isDangerous: true,
      fields: [KEPT_OUT],
      run: (kept: KeptOut) =>
        this.#admin.change('DELETE', `/api/v1/connections/${encodeURIComponent(id)}${forQuery(kept)}`),
      done: () => {
        showOutcome('players-status', 'ok', `A connection of ${user} was closed.`)
        this.refresh()
      },
    })
  }

  #kickAll() {
    const user = this.#user
    openDialog({
      title: `Kick ${user}?`,
      text: 'All connections of this user are closed with 4502, on all nodes. The token stays valid, so the user can connect again unless you keep them out.',
      action: 'Kick all connections',
      isDangerous: true,
      fields: [KEPT_OUT],
      run: (kept: KeptOut) => this.#admin.change<Kicked>('DELETE', `${pathOf(user)}/connections${forQuery(kept)}`),
      done: ({ kicked }) => this.#say(`${kicked === 1 ? '1 connection' : `${kicked} connections`} of ${user} closed.`),
    })
  }

  #lift({ of, id }: Ban) {
    openDialog({
      title: `Let ${id} in again?`,
      text: 'They may connect again now, before the time is over.',
      action: 'Let in',
      run: () => this.#admin.change('DELETE', `/api/v1/bans/${of}/${encodeURIComponent(id)}`),
      done: () => {
        showOutcome('players-status', 'ok', `${id} may come in again.`)
        this.refresh()
      },
    })
  }

  #message() {
    const user = this.#user
    openDialog({
      title: `Message to ${user}`,
      text: 'The server sends it to every connection of this user.',
      action: 'Send',
      fields: [{ name: 'text', label: 'Text', type: 'textarea' }],
      run: ({ text }: { text: string }) =>
        this.#admin.changeOnce<{ delivered: number }>('/api/v1/messages', { target_user_id: user, text }),
      done: ({ delivered }) =>
        this.#say(`Delivered to ${delivered === 1 ? '1 connection' : `${delivered} connections`}.`),
    })
  }

  #credit() {
    const user = this.#user
    openDialog({
      title: `Credit ${user}`,
      text: 'Adds to a balance. If the request has to be sent again, the amount is still credited only once.',
      action: 'Credit',
      fields: [
        { name: 'currency', label: 'Currency', value: 'gold' },
        { name: 'amount', label: 'Amount, in its smallest unit', type: 'number', min: 1 },
      ],
      run: (credit: { currency: string; amount: number }) => this.#admin.changeOnce(`${pathOf(user)}/credit`, credit),
      done: (_, { amount, currency }) => this.#say(`${user} was credited ${amountText(amount)} ${currency}.`),
    })
  }

  #refund({ purchase_id, good_id: good, count, total, currency }: Receipt) {
    const user = this.#user
    openDialog({
      title: `Refund ${count} × ${good} to ${user}?`,
      text: `${user} gets ${amountText(total)} ${currency} back and loses the goods. A purchase can be refunded once.`,
      action: 'Refund',
      isDangerous: true,
      fields: [{ name: 'restock', label: 'Put the goods back into the stock', type: 'checkbox', value: 'true' }],
      run: ({ restock }: { restock: boolean }) =>
        this.#admin.changeOnce(`${pathOf(user)}/refund`, { purchase_id, restock }),
      done: () => this.#say(`Refunded ${amountText(total)} ${currency} to ${user}.`),
    })
  }
}
